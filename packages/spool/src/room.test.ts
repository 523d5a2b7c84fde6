import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { createSpoolRoom, type RoomLimits } from './room.ts';

/** A volume whose figures and clock a test sets. */
function volume(freeBytes: number, usedBytes: number) {
  const at = { free: freeBytes, used: usedBytes, now: 0, counts: 0, broken: false };
  const view = {
    now: () => at.now,
    freeBytes: async () => {
      if (at.broken) throw new Error('no answer');
      return at.free;
    },
    usedBytes: async () => {
      at.counts += 1;
      return at.used;
    },
  };
  return { at, view };
}
const unlimited: RoomLimits = { maxBytes: null, minFreeBytes: 0, maxUploads: 100 };
const full = expect.objectContaining({ code: 'SPOOL_FULL', status: 503, retryAfterSeconds: 10 });

describe('the room of a spool', () => {
  it('counts what was let in since the spool was counted, and gives back what was not kept', async () => {
    const { view } = volume(1e9, 400);
    const room = createSpoolRoom('/', { ...unlimited, maxBytes: 1_000 }, view);
    const first = await room.enter(500);
    await expect(room.enter(101)).rejects.toEqual(full);
    const second = await room.enter(100);
    expect(room.underWay()).toBe(2);
    first.leave(0);
    second.leave(100);
    expect(room.underWay()).toBe(0);
    expect(await room.figures()).toMatchObject({ usedBytes: 500, uploads: 0, refusals: 1, refusal: null });
    second.leave(100);
    expect((await room.figures()).usedBytes).toBe(500);
  });

  it('counts what was not announced as it arrives, refuses it in the middle, and gives it all back', async () => {
    const { view } = volume(1e9, 400);
    const room = createSpoolRoom('/', { ...unlimited, maxBytes: 1_000 }, view);
    const [silent, said] = [await room.enter(0), await room.enter(100)];
    silent.admit(300);
    said.admit(100);
    expect(await room.figures()).toMatchObject({ usedBytes: 800, refusals: 0 });
    await expect(room.enter(201)).rejects.toEqual(full);
    expect(() => silent.admit(201)).toThrow(expect.objectContaining({ code: 'SPOOL_FULL' }));
    expect(() => said.admit(201)).toThrow(expect.objectContaining({ code: 'SPOOL_FULL' }));
    silent.leave(0);
    said.leave(100);
    expect(await room.figures()).toMatchObject({ usedBytes: 500, uploads: 0, refusals: 3, refusal: null });
  });

  it('is counted again after a while, and not for every upload', async () => {
    const { at, view } = volume(1e9, 2_000);
    const room = createSpoolRoom('/', { ...unlimited, maxBytes: 1_000 }, view);
    for (let call = 0; call < 20; call++) await expect(room.enter(1)).rejects.toEqual(full);
    expect(at.counts).toBe(1);
    expect((await room.figures()).refusal).toContain('wait for their work');
    at.used = 10;
    at.now += 6_000;
    await waitFor(() =>
      room.enter(1).then(
        () => true,
        () => false,
      ),
    );
    expect(at.counts).toBe(2);
  });

  it('keeps the floor of free space, what is under way included', async () => {
    const { at, view } = volume(1_000, 0);
    const room = createSpoolRoom('/', { ...unlimited, minFreeBytes: 300 }, view);
    const place = await room.enter(600);
    await expect(room.enter(200)).rejects.toEqual(full);
    place.leave(600);
    await expect(room.enter(200)).rejects.toEqual(full);
    at.free = 400;
    at.now += 1_001;
    await waitFor(() =>
      room.enter(100).then(
        () => true,
        () => false,
      ),
    );
    await expect(room.enter(1)).rejects.toEqual(full);
  });

  it('takes only so many at a time, and lets each collect less the more there are', async () => {
    const { view } = volume(1e9, 0);
    const room = createSpoolRoom('/', { ...unlimited, maxUploads: 512 }, view);
    const places = await Promise.all(Array.from({ length: 512 }, () => room.enter(0)));
    await expect(room.enter(0)).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS', status: 503, retryAfterSeconds: 1 });
    expect(places[0]?.batchBytes).toBe(1024 * 1024);
    expect(places.at(-1)?.batchBytes).toBe(128 * 1024);
    places[0]?.leave(0);
    await room.enter(0);
  });

  it('goes on by its last figures while the volume does not answer', async () => {
    const { at, view } = volume(1e9, 0);
    at.broken = true;
    const room = createSpoolRoom('/', { ...unlimited, minFreeBytes: 1 }, view);
    await room.enter(5);
    expect(await room.figures()).toMatchObject({ freeBytes: null, uploads: 1 });
  });

  it('counts what is on the disk, in all folders, without holes', async () => {
    const folder = await createTempDir();
    await mkdir(path.join(folder.path, 'ready', 'one', 'original'), { recursive: true });
    await writeFile(path.join(folder.path, 'ready', 'one', 'original', '1.pdf'), Buffer.alloc(1_000_000, 'x'));
    await writeFile(path.join(folder.path, 'hole'), '');
    await truncate(path.join(folder.path, 'hole'), 50_000_000);
    const { usedBytes, freeBytes } = await createSpoolRoom(folder.path, unlimited).figures();
    expect(usedBytes).toBeGreaterThanOrEqual(1_000_000);
    expect(usedBytes).toBeLessThan(2_000_000);
    expect(freeBytes).toBeGreaterThan(0);
    await folder.remove();
  });
});
