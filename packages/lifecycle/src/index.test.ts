import { describe, expect, it } from '@jest/globals';
import { createLifecycle } from './index.ts';

describe('a lifecycle', () => {
  it('closes what was opened last first, once, and reports what failed', async () => {
    const closed: string[] = [];
    const lifecycle = createLifecycle();
    lifecycle.add('database', () => closed.push('database'));
    lifecycle.add('broken', () => Promise.reject(new Error('no')));
    lifecycle.add('server', () => closed.push('server'));
    const [first, second] = await Promise.all([lifecycle.shutdown(1_000), lifecycle.shutdown(1_000)]);
    expect(closed).toEqual(['server', 'database']);
    expect(first).toEqual(['broken']);
    expect(second).toBe(first);
  });

  it('goes on to the next resource when one hangs beyond the deadline', async () => {
    const closed: string[] = [];
    const lifecycle = createLifecycle();
    lifecycle.add('last', () => closed.push('last'));
    lifecycle.add('hanging', () => new Promise(() => {}));
    expect(await lifecycle.shutdown(50)).toEqual(['hanging']);
    expect(closed).toEqual(['last']);
  });
});
