import { describe, expect, it } from '@jest/globals';
import { createGrader, hasModel } from './create-grader.ts';

describe('createGrader', () => {
  it.each([
    [{}, 'offline'],
    [{ OPENAI_API_KEY: 'k' }, 'offline'],
    [{ OPENAI_MODEL: 'm' }, 'offline'],
    [{ OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' }, 'openai'],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'm' }, 'openai'],
    [{ GRADER: 'offline' as const, OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' }, 'offline'],
  ])('for %j picks %s', (settings, kind) => {
    expect(createGrader(settings).kind).toBe(kind);
  });

  it('refuses GRADER=openai without a model, by name of what is missing', () => {
    expect(() => createGrader({ GRADER: 'openai', OPENAI_API_KEY: 'k' })).toThrow(/OPENAI_MODEL/);
  });
});

describe('hasModel', () => {
  const model = { OPENAI_MODEL: 'm' };
  it.each([
    [{ ...model, OPENAI_API_KEY: 'k' }, true],
    [{ ...model, OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, true],
    [{ ...model, OPENAI_API_KEY: 'k', GRADER: 'offline' as const }, false],
    [{ ...model, OPENAI_API_KEY: 'k', GRADER: 'openai' as const }, true],
    [model, false],
    [{ OPENAI_API_KEY: 'k' }, false],
    [{}, false],
  ])('of %j is %s', (settings, expected) => {
    expect(hasModel(settings)).toBe(expected);
  });
});
