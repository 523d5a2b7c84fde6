import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';

const name = z.string().trim().min(1).max(100);

export const CreateApiKeyBody = z.object({
  name,
  expiresAt: Timestamp.refine((time) => Date.parse(time) > Date.now(), 'is in the past').nullish(),
});
/** `key` is left out when the answer is given again. */
export const CreatedApiKey = z.object({ id: Id, key: z.string(), name, expiresAt: Timestamp.nullable() });

export const ApiKeyView = z
  .object({ id: Id, name, createdAt: Timestamp, expiresAt: Timestamp.nullable(), lastUsedAt: Timestamp.nullable() })
  .meta({ id: 'ApiKey' });
