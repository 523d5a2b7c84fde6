import type { ApiKeyView } from '@gradeflow/contracts';
import type { ApiKey } from '@gradeflow/database';
import type { z } from 'zod';

export function presentApiKey({ id, name, createdAt, expiresAt, lastUsedAt }: ApiKey): z.infer<typeof ApiKeyView> {
  return {
    id,
    name,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
