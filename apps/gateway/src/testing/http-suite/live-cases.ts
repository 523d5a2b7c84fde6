import { uuidv7 } from 'uuidv7';
import { recordSubmission } from '../record-submission.ts';
import type { Cases, World } from './world.ts';

/** Rooms, links, presence and tray; what is shown of all, and what operators ask. */
export const liveCases: Cases = {
  'post /v1/submissions/:id/share': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('post', `/v1/submissions/${id}/share`).send({});
  },
  'delete /v1/submissions/:id/share/:code': async (world) => {
    const { id, code } = await shared(world);
    return () => world.call('delete', `/v1/submissions/${id}/share/${code}`);
  },
  'get /s/:code': async (world) => {
    const { code } = await shared(world);
    return () => world.call('get', `/s/${code}`, null).set('Accept', 'application/json');
  },
  'post /v1/rooms':
    async ({ call, cast }) =>
    () =>
      call('post', '/v1/rooms').send({ assessmentId: cast.assessment.id, minutes: 5 }),
  'get /v1/rooms': async (world) => {
    await roomWithStudent(world);
    return () => world.call('get', '/v1/rooms', 'student');
  },
  'post /v1/rooms/:pin/join': async (world) => {
    const pin = await roomWithStudent(world);
    return () => world.call('post', `/v1/rooms/${pin}/join`, 'otherStudent').send({ displayName: 'Other' });
  },
  'get /v1/rooms/:pin': async (world) => {
    const pin = await roomWithStudent(world);
    return () => world.call('get', `/v1/rooms/${pin}`);
  },
  'get /v1/rooms/:pin/leaderboard': async (world) => {
    const pin = await roomWithStudent(world);
    return () => world.call('get', `/v1/rooms/${pin}/leaderboard`);
  },
  'post /v1/rooms/:pin/close': async (world) => {
    const pin = await roomWithStudent(world);
    return () => world.call('post', `/v1/rooms/${pin}/close`);
  },
  'get /v1/presence':
    async ({ call, cast }) =>
    () =>
      call('get', `/v1/presence?userIds=${cast.student.id}`),
  'get /v1/tray':
    async ({ call }) =>
    () =>
      call('get', '/v1/tray'),
  'put /v1/tray': async ({ call, studentsSheet }) => {
    const { id } = await studentsSheet();
    return () => call('put', '/v1/tray').send({ submissionIds: [id] });
  },
  'delete /v1/tray':
    async ({ call }) =>
    () =>
      call('delete', '/v1/tray'),
  'get /v1/notifications':
    async ({ call }) =>
    () =>
      call('get', '/v1/notifications', 'student'),
  'post /v1/notifications/read':
    async ({ call }) =>
    () =>
      call('post', '/v1/notifications/read', 'student').send({ all: true }),
  'get /v1/activity':
    async ({ call }) =>
    () =>
      call('get', '/v1/activity', 'admin'),
  'get /v1/dashboard':
    async ({ call }) =>
    () =>
      call('get', '/v1/dashboard'),
  'get /v1/assessments/:id/summary':
    async ({ call, sheets }) =>
    () =>
      call('get', `/v1/assessments/${sheets.assessmentId}/summary`),
  'get /v1/search':
    async ({ call }) =>
    () =>
      call('get', '/v1/search?q=exam'),
  'get /v1/meta':
    async ({ call }) =>
    () =>
      call('get', '/v1/meta', null),
  'get /v1/operations':
    async ({ call }) =>
    () =>
      call('get', '/v1/operations', 'admin'),
  'get /v1/operations/stuck':
    async ({ call }) =>
    () =>
      call('get', '/v1/operations/stuck', 'admin'),
  'post /v1/operations/retry': async ({ call, gateway }) => {
    const { id } = await recordSubmission(gateway);
    await gateway.ports.database.submissions.fail({ id }, { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
    return () => call('post', '/v1/operations/retry', 'admin').send({ ids: [id] });
  },
  'get /healthz':
    async ({ call }) =>
    () =>
      call('get', '/healthz', null),
  'get /readyz':
    async ({ call }) =>
    () =>
      call('get', '/readyz', null),
  'get /metrics':
    async ({ call }) =>
    () =>
      call('get', '/metrics', null),
};

async function shared({ call, ok, studentsSheet }: World): Promise<{ id: string; code: string }> {
  const { id } = await studentsSheet();
  return { id, code: (await ok(call('post', `/v1/submissions/${id}/share`).send({}))).body.code };
}

async function roomWithStudent({ gateway, cast }: World): Promise<string> {
  const actor = { userId: cast.teacher.id, institutionId: cast.teacher.institutionId, role: cast.teacher.role };
  const room = await gateway.services.rooms.create(actor, uuidv7(), { assessmentId: cast.assessment.id, minutes: 5 });
  const joined = await gateway.ports.database.rooms.join({
    ...{ id: room.id, userId: cast.student.id, displayName: 'Sam', maxParticipants: 100 },
  });
  if (!joined) throw new Error('the student could not join');
  return room.pin;
}
