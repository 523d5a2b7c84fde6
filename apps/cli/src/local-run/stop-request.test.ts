import { EventEmitter } from 'node:events';
import { waitFor } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { listenForStop } from './stop-request.ts';

describe('a request to stop', () => {
  it('takes the signals of one Ctrl-C, which come from terminal, npm and launcher, as one, and a later one as the second', async () => {
    const source = new EventEmitter();
    let second = 0;
    const onSecond = () => {
      second += 1;
    };
    const stop = listenForStop(source, { onSecond, sameMs: 50 });
    const at = performance.now();
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM']) source.emit(signal);
    await stop.requested;
    expect(stop.signal.aborted).toBe(true);
    expect(second).toBe(0);
    await waitFor(() => performance.now() - at > 60);
    source.emit('SIGINT');
    expect(second).toBe(1);
  });

  it('comes from a lost parent too, which is never a second Ctrl-C', async () => {
    const source = new EventEmitter();
    const stop = listenForStop(source, { onSecond: () => expect(true).toBe(false), sameMs: 0 });
    source.emit('SIGTERM');
    source.emit('disconnect');
    await stop.requested;
  });
});
