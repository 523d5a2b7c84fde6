import { CreateRoomBody, JoinRoomBody, Leaderboard, OpenRoom, PageQuery, RoomList, RoomPin, RoomView } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentRoomItem } from './rooms.presenter.ts';

const tag = 'Live rooms';
const params = z.object({ pin: RoomPin });

const create = defineEndpoint({
  method: 'post',
  path: '/v1/rooms',
  tag,
  summary: 'Open a room around an assessment that one manages',
  auth: 'teacher',
  body: CreateRoomBody,
  response: { status: 201, schema: OpenRoom, description: 'Its PIN, which no other open room has' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '409 TOO_MANY_ROOMS', '409 NO_FREE_PIN'],
  handle: async ({ services, actor, createId, body }) => {
    const { pin, expiresAt } = await services.inTurn(() => services.rooms.create(actor, createId, body));
    return { body: { pin, expiresAt: expiresAt.toISOString() }, headers: { Location: `/v1/rooms/${pin}` } };
  },
});

const list = defineEndpoint({
  method: 'get',
  path: '/v1/rooms',
  tag,
  summary: 'Open rooms that one has made or joined, newest first',
  auth: 'user',
  query: PageQuery,
  response: { status: 200, schema: RoomList, description: 'One page of them' },
  handle: async ({ services, actor, query }) => {
    const page = await services.rooms.list(actor, query);
    return { body: { items: page.items.map(presentRoomItem), nextCursor: page.nextCursor } };
  },
});

const join = defineEndpoint({
  method: 'post',
  path: '/v1/rooms/:pin/join',
  tag,
  summary: 'Enter a room of one’s institution by its PIN, or change the name in it',
  auth: 'user',
  rateLimit: 'pin',
  params,
  body: JoinRoomBody,
  response: { status: 200, schema: RoomView, description: 'The room, with oneself in it' },
  problems: ['404 ROOM_NOT_FOUND', '409 ROOM_FULL'],
  load: ({ services, actor, params: { pin } }) => services.inTurn(() => services.rooms.find(actor, pin, 'join')),
  handle: async ({ services, actor, subject, body }) => ({
    body: await services.inTurn(async () => services.roomContents.view(await services.rooms.join(actor, subject, body.displayName))),
  }),
});

const get = defineEndpoint({
  method: 'get',
  path: '/v1/rooms/:pin',
  tag,
  summary: 'Who is in the room, whether they are online, and how far the reading of their sheets is',
  auth: 'user',
  params,
  response: { status: 200, schema: RoomView, description: 'For those who have joined and those who manage the assessment' },
  problems: ['404 ROOM_NOT_FOUND'],
  load: ({ services, actor, params: { pin } }) => services.inTurn(() => services.rooms.find(actor, pin, 'see')),
  handle: async ({ services, subject }) => ({ body: await services.roomContents.view(subject) }),
});

const leaderboard = defineEndpoint({
  method: 'get',
  path: '/v1/rooms/:pin/leaderboard',
  tag,
  summary: 'Scores of those in the room, best first; nobody’s while marks are withheld',
  auth: 'user',
  params,
  response: { status: 200, schema: Leaderboard, description: 'At most two seconds old' },
  problems: ['404 ROOM_NOT_FOUND'],
  load: ({ services, actor, params: { pin } }) => services.inTurn(() => services.rooms.find(actor, pin, 'see')),
  handle: async ({ services, subject }) => ({ body: await services.roomContents.leaderboard(subject) }),
});

const close = defineEndpoint({
  method: 'post',
  path: '/v1/rooms/:pin/close',
  tag,
  summary: 'Close a room before its time',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'Its PIN is free again' },
  problems: ['404 ROOM_NOT_FOUND'],
  load: ({ services, actor, params: { pin } }) => services.rooms.find(actor, pin, 'close'),
  handle: async ({ services, actor, createId, subject }) => {
    await services.rooms.close(actor, createId, subject);
    return {};
  },
});

export const roomEndpoints = [create, list, join, get, leaderboard, close];
