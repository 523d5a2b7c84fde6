import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createGroupSync } from './group-sync.ts';

/** A sync that ends when it is told to, and remembers what was there when it began. */
function heldSync() {
  const there: string[] = [];
  const begun: Array<{ saw: string[]; end: (error?: Error) => void }> = [];
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      begun.push({ saw: [...there], end: (error) => (error ? reject(error) : resolve()) });
    });
  return { there, begun, sync };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a shared sync', () => {
  it('answers nobody by a sync that had begun before they asked, and all who wait by one', async () => {
    const { there, begun, sync } = heldSync();
    const synced = createGroupSync(sync);
    const answered: string[] = [];
    const rename = (name: string) => {
      there.push(name);
      void synced().then(() => answered.push(name));
    };
    rename('a');
    for (const name of ['b', 'c', 'd']) rename(name);
    await turn();
    expect(begun.map(({ saw }) => saw)).toEqual([['a']]);
    begun[0]?.end();
    await turn();
    expect(answered).toEqual(['a']);
    expect(begun.map(({ saw }) => saw)).toEqual([['a'], ['a', 'b', 'c', 'd']]);
    rename('e');
    begun[1]?.end();
    await turn();
    expect(answered).toEqual(['a', 'b', 'c', 'd']);
    begun[2]?.end();
    await turn();
    expect(answered).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('fails for all who share it, and the next ones are not touched by that', async () => {
    const { begun, sync } = heldSync();
    const synced = createGroupSync(sync);
    const outcomes = [synced(), synced(), synced()].map((call) =>
      call.then(
        () => 'synced',
        (error: Error) => error.message,
      ),
    );
    begun[0]?.end();
    await turn();
    begun[1]?.end(new Error('the disk is gone'));
    expect(await Promise.all(outcomes)).toEqual(['synced', 'the disk is gone', 'the disk is gone']);
    const later = synced();
    begun[2]?.end();
    await expect(later).resolves.toBeUndefined();
  });

  it('holds in any order of asking and ending: whoever is answered was there when its sync began', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (asks) => {
        const { there, begun, sync } = heldSync();
        const synced = createGroupSync(sync);
        let ended = 0;
        const waiting: Array<Promise<void>> = [];
        const safe = new Set<string>();
        const end = async () => {
          const run = begun[ended];
          if (!run) return;
          ended += 1;
          for (const name of run.saw) safe.add(name);
          run.end();
          await turn();
        };
        for (const [index, ask] of asks.entries()) {
          if (!ask) await end();
          else {
            there.push(`${index}`);
            waiting.push(synced().then(() => expect(safe.has(`${index}`)).toBe(true)));
          }
        }
        while (ended < begun.length) await end();
        await Promise.all(waiting);
        expect(begun.length).toBeLessThanOrEqual(asks.filter(Boolean).length);
      }),
      { numRuns: 200 },
    );
  });

  it('of fifty who rename at once needs far fewer syncs than fifty', async () => {
    const folder = await createTempDir();
    const seen: string[][] = [];
    const synced = createGroupSync(async () => void seen.push(await readdir(folder.path)));
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        await mkdir(path.join(folder.path, `${index}`));
        const before = seen.length;
        await synced();
        expect(seen.slice(before).some((names) => names.includes(`${index}`))).toBe(true);
      }),
    );
    expect(seen.length).toBeLessThan(50);
    await folder.remove();
  });
});
