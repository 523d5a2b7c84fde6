import { TrayBody, TrayView } from '@gradeflow/contracts';
import type { Tray } from '@gradeflow/redis';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const path = '/v1/tray';
const tag = 'Tray';

const present = (tray: Tray | null): TrayView => ({
  submissionIds: tray?.submissionIds ?? [],
  expiresAt: tray?.expiresAt.toISOString() ?? null,
});

const get = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: 'The submissions that one has picked',
  auth: 'user',
  needsRedis: true,
  response: { status: 200, schema: TrayView, description: 'Those of them that one may still see' },
  handle: async ({ services, actor }) => ({ body: present(await services.tray.get(actor)) }),
});

const put = defineEndpoint({
  method: 'put',
  path,
  tag,
  summary: 'Pick these submissions in place of what was picked',
  auth: 'user',
  needsRedis: true,
  body: TrayBody,
  response: {
    status: 200,
    schema: TrayView,
    description: 'What is picked now: without those that one may not see or that are not recorded yet',
  },
  handle: async ({ services, actor, body }) => ({ body: present(await services.tray.put(actor, body.submissionIds)) }),
});

const empty = defineEndpoint({
  method: 'delete',
  path,
  tag,
  summary: 'Pick nothing',
  auth: 'user',
  needsRedis: true,
  response: { status: 204, description: 'It is empty' },
  handle: async ({ services, actor }) => {
    await services.tray.empty(actor);
    return {};
  },
});

export const trayEndpoints = [get, put, empty];
