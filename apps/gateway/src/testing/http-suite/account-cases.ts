import { uuidv7 } from 'uuidv7';
import { password } from '../start-test-gateway.ts';
import type { Cases } from './world.ts';

const newPassword = 'another correct horse battery staple';

/** Signing in and out, accounts, keys, people, courses. */
export const accountCases: Cases = {
  'post /v1/auth/login':
    async ({ call, cast }) =>
    () =>
      call('post', '/v1/auth/login', null).send({ email: cast.teacher.email, password }),
  'post /v1/auth/refresh': async ({ call, signIn }) => {
    const { refreshToken } = await signIn('teacher');
    return () => call('post', '/v1/auth/refresh', null).send({ refreshToken });
  },
  'post /v1/auth/logout': async ({ call, signIn }) => {
    const { refreshToken } = await signIn('teacher');
    return () => call('post', '/v1/auth/logout', null).send({ refreshToken });
  },
  'post /v1/auth/register':
    async ({ call }) =>
    () =>
      call('post', '/v1/auth/register', null).send({
        ...{ email: `${uuidv7()}@example.org`, password: newPassword, name: 'Founder', institutionName: 'The new one' },
      }),
  'post /v1/auth/verification':
    async ({ call, cast }) =>
    () =>
      call('post', '/v1/auth/verification', null).send({ email: cast.student.email }),
  'post /v1/auth/verification/confirm': async ({ call, cast, keepSecret }) => {
    await keepSecret('verification', cast.stranger.id, '123456');
    return () => call('post', '/v1/auth/verification/confirm', null).send({ email: cast.stranger.email, code: '123456' });
  },
  'post /v1/auth/password-reset':
    async ({ call, cast }) =>
    () =>
      call('post', '/v1/auth/password-reset', null).send({ email: cast.student.email }),
  'post /v1/auth/password-reset/confirm': async ({ call, newcomer, ok, keepSecret }) => {
    const { id, inviteToken } = await newcomer();
    await ok(call('post', '/v1/auth/accept-invite', null).send({ token: inviteToken, password }));
    await keepSecret('password-reset', id, 'a'.repeat(43));
    return () => call('post', '/v1/auth/password-reset/confirm', null).send({ token: `${id}.${'a'.repeat(43)}`, password: newPassword });
  },
  'post /v1/auth/accept-invite': async ({ call, newcomer }) => {
    const { inviteToken } = await newcomer();
    return () => call('post', '/v1/auth/accept-invite', null).send({ token: inviteToken, password: newPassword });
  },
  'get /v1/auth/sessions': async ({ call, signIn }) => {
    await signIn('colleague');
    return () => call('get', '/v1/auth/sessions', 'colleague');
  },
  'delete /v1/auth/sessions/:id': async ({ call, signIn }) => {
    const { sessionId } = await signIn('colleague');
    return () => call('delete', `/v1/auth/sessions/${sessionId}`, 'colleague');
  },
  'post /v1/auth/logout-all': async ({ call, signIn }) => {
    // As many as a person may have on all their devices: the bound holds for all of them together.
    for (let n = 0; n < 5; n++) await signIn('otherStudent');
    return () => call('post', '/v1/auth/logout-all', 'otherStudent');
  },
  'get /v1/api-keys':
    async ({ call }) =>
    () =>
      call('get', '/v1/api-keys'),
  'post /v1/api-keys':
    async ({ call }) =>
    () =>
      call('post', '/v1/api-keys').send({ name: 'A machine' }),
  'delete /v1/api-keys/:id': async ({ call, ok }) => {
    const { body } = await ok(call('post', '/v1/api-keys').send({ name: 'Not for long' }));
    return () => call('delete', `/v1/api-keys/${body.id}`);
  },
  'get /v1/institutions/me':
    async ({ call }) =>
    () =>
      call('get', '/v1/institutions/me'),
  'patch /v1/institutions/me':
    async ({ call }) =>
    () =>
      call('patch', '/v1/institutions/me', 'admin').send({ name: 'The first of all' }),
  'get /v1/users/me':
    async ({ call }) =>
    () =>
      call('get', '/v1/users/me'),
  'patch /v1/users/me':
    async ({ call }) =>
    () =>
      call('patch', '/v1/users/me').send({ name: 'Teacher of the first' }),
  'get /v1/users':
    async ({ call }) =>
    () =>
      call('get', '/v1/users?role=STUDENT', 'admin'),
  'post /v1/users':
    async ({ call }) =>
    () =>
      call('post', '/v1/users', 'admin').send({ email: `${uuidv7()}@example.org`, name: 'Invited', role: 'STUDENT' }),
  'post /v1/users/:id/invite': async ({ call, newcomer }) => {
    const { id } = await newcomer();
    return () => call('post', `/v1/users/${id}/invite`, 'admin');
  },
  'patch /v1/users/:id': async ({ call, newcomer }) => {
    const { id } = await newcomer();
    return () => call('patch', `/v1/users/${id}`, 'admin').send({ role: 'STUDENT' });
  },
  'delete /v1/users/:id': async ({ call, newcomer }) => {
    const { id } = await newcomer();
    return () => call('delete', `/v1/users/${id}`, 'admin');
  },
  'get /v1/courses':
    async ({ call }) =>
    () =>
      call('get', '/v1/courses', 'student'),
  'post /v1/courses':
    async ({ call }) =>
    () =>
      call('post', '/v1/courses').send({ name: 'Optics' }),
  'get /v1/courses/:id':
    async ({ call, cast }) =>
    () =>
      call('get', `/v1/courses/${cast.courseId}`),
  'patch /v1/courses/:id':
    async ({ call, cast }) =>
    () =>
      call('patch', `/v1/courses/${cast.courseId}`).send({ name: 'Waves' }),
  'delete /v1/courses/:id': async ({ call, ok }) => {
    const { body } = await ok(call('post', '/v1/courses').send({ name: 'Empty' }));
    return () => call('delete', `/v1/courses/${body.id}`);
  },
  'put /v1/courses/:id/teachers': async ({ call, cast, ok }) => {
    const { body } = await ok(call('post', '/v1/courses').send({ name: 'Shared' }));
    return () => call('put', `/v1/courses/${body.id}/teachers`).send({ userIds: [cast.teacher.id, cast.colleague.id] });
  },
  'get /v1/courses/:id/roster':
    async ({ call, cast }) =>
    () =>
      call('get', `/v1/courses/${cast.courseId}/roster`),
  'post /v1/courses/:id/roster': async ({ call, ok }) => {
    const { body } = await ok(call('post', '/v1/courses').send({ name: 'Growing' }));
    const csv = `email,name,rollNumber\n${uuidv7()}@example.org,Ann,1\n${uuidv7()}@example.org,Ben,2\n`;
    return () => call('post', `/v1/courses/${body.id}/roster`).set('Content-Type', 'text/csv').send(csv);
  },
  'delete /v1/courses/:id/roster/:userId': async ({ call, cast, gateway }) => {
    await gateway.ports.database.courses.enrol(cast.courseId, cast.otherStudent.id);
    return () => call('delete', `/v1/courses/${cast.courseId}/roster/${cast.otherStudent.id}`);
  },
};
