import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { postgresEnv, uploadLimitsEnv } from './fragments.ts';
import { loadConfig } from './load-config.ts';

const schema = z.object({ ...postgresEnv, ...uploadLimitsEnv });

describe('loadConfig', () => {
  it('fills in defaults, reads numbers, and takes an empty variable as absent', () => {
    const config = loadConfig(schema, { DATABASE_URL: 'postgres://u:p@localhost:5432/g', MAX_PAGES: '20', MAX_UPLOAD_MB: '' });
    expect(config).toMatchObject({ MAX_PAGES: 20, MAX_UPLOAD_MB: 100 });
  });

  it('names every wrong variable at once and repeats no value', () => {
    const wrong = () => loadConfig(schema, { DATABASE_URL: 'mysql://secret', MAX_PAGES: 'many' });
    expect(wrong).toThrow(/DATABASE_URL: expects postgres.*MAX_PAGES/s);
    expect(wrong).not.toThrow(/secret/);
  });
});
