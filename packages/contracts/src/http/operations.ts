import { z } from 'zod';

const Check = z.object({ status: z.enum(['ok', 'down']), detail: z.string().optional() });
export const ReadyAnswer = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.object({ redis: Check, redisCache: Check, postgres: Check, spool: Check, storage: Check, workers: Check }),
});
export type ReadyAnswer = z.infer<typeof ReadyAnswer>;
export const HealthAnswer = z.object({ status: z.literal('ok'), uptimeSeconds: z.number() });
