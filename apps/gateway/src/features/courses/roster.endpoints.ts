import { Id, listOf, RosterAnswer, RosterEntryView, RosterLine, RosterListQuery } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { readRoster } from './roster-csv.ts';

const tag = 'Courses';
const path = '/v1/courses/:id/roster';
const params = z.object({ id: Id });

const list = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: 'The students of a course, by name',
  auth: 'teacher',
  params,
  query: RosterListQuery,
  response: { status: 200, schema: listOf(RosterEntryView), description: 'One page of them' },
  problems: ['404 COURSE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, subject, query }) => ({ body: await services.database.rosters.list(subject.id, query) }),
});

const add = defineEndpoint({
  method: 'post',
  path,
  tag,
  summary: 'Enrol students from a table `email,name,rollNumber`, all lines or none; who is new is invited by mail',
  auth: 'teacher',
  params,
  readBody: readRoster,
  body: z.array(RosterLine.extend({ line: z.number().int() })),
  response: { status: 201, schema: RosterAnswer, description: 'How many are new in the course, and how many had no account' },
  problems: ['404 COURSE_NOT_FOUND', '413 PAYLOAD_TOO_LARGE', '415 UNSUPPORTED_MEDIA_TYPE', '422 ROSTER_REFUSED'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body }) => {
    const { enrolled, invited } = await services.courses.addStudents(actor, subject, body);
    return { body: { enrolled, invited: invited.length }, after: () => services.courses.mailInvites(invited) };
  },
});

const remove = defineEndpoint({
  method: 'delete',
  path: `${path}/:userId`,
  tag,
  summary: 'Take a student out of a course; what was handed in stays',
  auth: 'teacher',
  params: z.object({ id: Id, userId: Id }),
  response: { status: 204, description: 'Taken out' },
  problems: ['404 COURSE_NOT_FOUND', '404 STUDENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { userId } }) => {
    await services.courses.removeStudent(actor, subject, userId);
    return {};
  },
});

export const rosterEndpoints = [list, add, remove];
