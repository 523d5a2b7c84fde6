import { describe, expect, it } from '@jest/globals';
import { createDeafWatch, type WorkerGlance } from './deaf-watch.ts';

const idle: WorkerGlance = { taken: 7, running: 0, slots: 2, waiting: 5 };

describe('a worker is deaf', () => {
  it('when it took nothing for seconds with jobs waiting and room for them; each remedy is tried once, in order', () => {
    const watch = createDeafWatch(() => new Date('2026-01-01T00:00:00Z'));
    // The first look only learns what was taken.
    expect(watch.observe(idle)).toBeNull();
    const seen = Array.from({ length: 9 }, () => watch.observe(idle));
    expect(seen).toEqual([null, null, 'renew', null, 'rebuild', null, null, 'exit', null]);
    expect(watch.deafSince()).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('again so soon after it was replaced that only another process can help', () => {
    let now = 0;
    const watch = createDeafWatch(() => new Date(now));
    const secondsUntilHeard = (taken: number) => Array.from({ length: 6 }, () => watch.observe({ ...idle, taken }));
    expect(secondsUntilHeard(7)).toContain('rebuild');
    expect(secondsUntilHeard(8)).toContain('exit');
    now = 61_000;
    expect(secondsUntilHeard(9)).toContain('rebuild');
  });

  const notDeaf: Array<[string, Partial<WorkerGlance>]> = [
    ['it takes a job now and then', { taken: 8 }],
    ['all its slots are busy', { running: 2 }],
    ['nothing waits that it may take', { waiting: 0 }],
  ];
  it.each(notDeaf)('never when %s', (_, glance) => {
    const watch = createDeafWatch();
    let { taken } = idle;
    const seen = Array.from({ length: 30 }, (_unused, second) => {
      const breaks = second % 3 === 2;
      if (breaks) taken += glance.taken === undefined ? 0 : 1;
      return watch.observe({ ...idle, ...(breaks ? glance : {}), taken });
    });
    expect(seen.every((remedy) => remedy === null)).toBe(true);
    expect(watch.deafSince()).toBeNull();
  });

  it('not while Redis does not answer: the seconds are counted anew', () => {
    const watch = createDeafWatch();
    const seen = Array.from({ length: 30 }, (_, second) => {
      if (second % 3 !== 2) return watch.observe(idle);
      watch.forget();
      return null;
    });
    expect(seen.every((remedy) => remedy === null)).toBe(true);
  });

  it('no longer once it takes a job, and from the beginning when it stops again', () => {
    const watch = createDeafWatch();
    for (let second = 0; second < 5; second += 1) watch.observe(idle);
    expect(watch.deafSince()).not.toBeNull();
    watch.observe({ ...idle, taken: 8 });
    expect(watch.deafSince()).toBeNull();
    expect([1, 2, 3].map(() => watch.observe({ ...idle, taken: 8 }))).toEqual([null, null, 'renew']);
  });
});
