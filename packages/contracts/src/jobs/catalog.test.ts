import { describe, expect, it } from '@jest/globals';
import { jobCatalog } from './catalog.ts';

describe('the job catalog', () => {
  it('names every job type once, as a verb and a noun that BullMQ takes as a queue name', () => {
    const names = jobCatalog.map((job) => job.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it('refuses payload fields that are not declared, so that no text or name slips into the queue', () => {
    for (const job of jobCatalog) {
      const issues = job.payload.safeParse({ studentName: 'Ada' }).error?.issues ?? [];
      expect(issues.map((issue) => issue.code)).toContain('unrecognized_keys');
    }
  });
});
