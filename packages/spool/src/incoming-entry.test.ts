import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Manifest } from '@gradeflow/contracts';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { beginEntry } from './incoming-entry.ts';
import { type SpoolPaths, spoolPaths } from './spool-paths.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let paths: SpoolPaths;
beforeAll(async () => {
  folder = await createTempDir();
  paths = spoolPaths(folder.path);
  await mkdir(paths.tmp);
  await mkdir(paths.ready);
});
afterAll(() => folder.remove());

const content = Buffer.from('%PDF-1.7 a sheet');
const limits = { maxBytes: 1e6 };
const noSpace = Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' });

/** An entry whose files are on the disk when the test says so. */
async function beginHeld() {
  const id = randomUUID();
  const syncs: Array<PromiseWithResolvers<void>> = [];
  const syncFile = () => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  };
  const entry = await beginEntry(paths, id, { syncReady: async () => {}, syncFile });
  return { id, entry, syncs, receive: (index: number) => entry.receiveFile(index, Readable.from([content]), limits) };
}

function manifestOf(submissionId: string, files: number): Manifest {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const fileOf = (index: number) => ({
    path: `original/${index + 1}.pdf`,
    name: 'sheet.pdf',
    mediaType: 'application/pdf' as const,
    bytes: content.length,
    sha256,
    pages: 1,
  });
  return {
    ...{ submissionId, institutionId: randomUUID(), userId: randomUUID(), userRole: 'TEACHER', assessmentId: randomUUID() },
    ...{ studentId: null, label: null, acceptedAt: new Date().toISOString(), requestId: 'test', pagesTotal: files },
    files: Array.from({ length: files }, (_, index) => fileOf(index)),
  };
}

/** Whether it has settled after everything else that could be done was done. */
async function isOpen(work: Promise<unknown>): Promise<boolean> {
  let open = true;
  const close = () => {
    open = false;
  };
  work.then(close, close);
  for (let turn = 0; turn < 3; turn++) await readdir(folder.path);
  return open;
}

it('gives a file to look at while it is synced, and is accepted only after that', async () => {
  const { id, entry, syncs, receive } = await beginHeld();
  const file = await receive(0);
  expect(await readFile(file.absolutePath)).toEqual(content);
  const committing = entry.commit(manifestOf(id, 1));
  expect(await isOpen(committing)).toBe(true);
  expect(await readdir(paths.ready)).not.toContain(id);
  syncs[0]?.resolve();
  expect(await committing).toBe(true);
  expect(await readdir(paths.ready)).toContain(id);
});

it('is not accepted when the volume does not take a file, says why, and leaves nothing', async () => {
  const { id, entry, syncs, receive } = await beginHeld();
  await receive(0);
  syncs[0]?.reject(noSpace);
  await expect(entry.commit(manifestOf(id, 1))).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
  await entry.discard();
  expect([...(await readdir(paths.ready)), ...(await readdir(paths.tmp))]).not.toContain(id);
});

it('is removed when nothing is on its way to the disk any more', async () => {
  const { id, entry, syncs, receive } = await beginHeld();
  await receive(0);
  const discarding = entry.discard();
  expect(await isOpen(discarding)).toBe(true);
  expect(await readdir(paths.tmp)).toContain(id);
  syncs[0]?.resolve();
  await discarding;
  expect(await readdir(paths.tmp)).not.toContain(id);
});

it('holds two files open at most, however many come', async () => {
  const { id, entry, syncs, receive } = await beginHeld();
  await receive(0);
  const second = receive(1);
  await waitFor(() => syncs.length === 2);
  expect(await isOpen(second)).toBe(true);
  syncs[0]?.resolve();
  await second;
  syncs[1]?.resolve();
  expect(await entry.commit(manifestOf(id, 2))).toBe(true);
});

it('tells of a file that was not taken when the next one has come', async () => {
  const { entry, syncs, receive } = await beginHeld();
  await receive(0);
  syncs[0]?.reject(noSpace);
  await expect(receive(1)).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
  const discarding = entry.discard();
  expect(await isOpen(discarding)).toBe(true);
  syncs[1]?.resolve();
  await discarding;
});
