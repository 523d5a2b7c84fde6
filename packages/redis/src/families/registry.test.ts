import { describe, expect, it } from '@jest/globals';
import { familyOf, keyFamilies } from './registry.ts';

describe('the registry of key families', () => {
  it('names each family and each pattern once, with an owner, a size and what its loss means', () => {
    for (const field of ['name', 'pattern'] as const)
      expect(new Set(keyFamilies.map((family) => family[field])).size).toBe(keyFamilies.length);
    for (const family of keyFamilies) {
      expect([family.owner, family.ifItVanishes].every((text) => text.length > 0)).toBe(true);
      expect(family.maxBytes).toBeGreaterThan(0);
      expect(family.ttlSeconds ?? 1).toBeGreaterThan(0);
    }
  });

  it('finds the family of a key, the narrowest where several fit, and none for a strange one', () => {
    expect(familyOf('{gradeflow}:heartbeats')?.name).toBe('heartbeats');
    expect(familyOf('{gradeflow}:read-page:1')?.name).toBe('jobs and flows');
    expect(familyOf('gf:revoked:x')?.name).toBe('ended sessions');
    expect(familyOf('{gf:cache}:tag:institution:1')?.name).toBe('tags of cached answers');
    expect(familyOf('something')).toBeNull();
  });
});
