import { CourseBody, CourseView, Id, listOf, PageQuery, TeachersBody } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentCourse } from './courses.presenter.ts';

const tag = 'Courses';
const path = '/v1/courses';
const params = z.object({ id: Id });

const list = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: "One's own courses, newest first; all of the institution for its admins",
  auth: 'user',
  query: PageQuery,
  response: { status: 200, schema: listOf(CourseView), description: 'One page of them' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.courseRecords.listFor(actor, query);
    return { body: { items: page.items.map(presentCourse), nextCursor: page.nextCursor } };
  },
});

const create = defineEndpoint({
  method: 'post',
  path,
  tag,
  summary: 'Make a course; a teacher teaches what they make',
  auth: 'teacher',
  body: CourseBody,
  response: { status: 201, schema: CourseView, description: 'The course; `Location` names it' },
  handle: async ({ services, actor, createId, body }) => {
    const course = await services.courses.create(actor, createId, body.name);
    return { body: presentCourse(course), headers: { Location: `${path}/${course.id}` } };
  },
});

const get = defineEndpoint({
  method: 'get',
  path: `${path}/:id`,
  tag,
  summary: 'One course, for its teachers and students',
  auth: 'user',
  params,
  response: { status: 200, schema: CourseView, description: 'The course' },
  problems: ['404 COURSE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'read'),
  handle: async ({ subject }) => ({ body: presentCourse(subject) }),
});

const patch = defineEndpoint({
  method: 'patch',
  path: `${path}/:id`,
  tag,
  summary: 'Rename a course',
  auth: 'teacher',
  params,
  body: CourseBody,
  response: { status: 200, schema: CourseView, description: 'The changed course' },
  problems: ['404 COURSE_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body: { name } }) => {
    await services.database.courseRecords.rename(subject.id, name, actor.userId);
    return { body: presentCourse({ ...subject, name }) };
  },
});

const remove = defineEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  tag,
  summary: 'Delete a course that has no assessments',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'Deleted' },
  problems: ['404 COURSE_NOT_FOUND', '409 COURSE_IN_USE'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, actor, subject }) => {
    await services.database.courseRecords.remove(subject.id, actor.userId);
    return {};
  },
});

const teachers = defineEndpoint({
  method: 'put',
  path: `${path}/:id/teachers`,
  tag,
  summary: 'Say who teaches a course: those and nobody else',
  auth: 'teacher',
  params,
  body: TeachersBody,
  response: { status: 200, schema: CourseView, description: 'The course' },
  problems: ['404 COURSE_NOT_FOUND', '422 TEACHER_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.courses.get(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body }) => {
    await services.database.courseRecords.setTeachers(subject.id, body.userIds, actor.userId);
    const course = await services.database.courseRecords.find(subject.id);
    return { body: presentCourse(course ?? subject) };
  },
});

export const courseEndpoints = [list, create, get, patch, remove, teachers];
