import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Manifest } from '@gradeflow/contracts';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSpool } from './spool.ts';
import type { Spool } from './types.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let spool: Spool;
beforeEach(async () => {
  folder = await createTempDir();
  spool = createSpool({ root: path.join(folder.path, 'spool') });
  await spool.prepare();
});
afterEach(() => folder.remove());

const content = Buffer.from('%PDF-1.7 a sheet');

async function accept(): Promise<Manifest> {
  const file = { path: 'original/1.pdf', name: 'a.pdf', mediaType: 'application/pdf' as const, pages: 1, bytes: content.length };
  const manifest: Manifest = {
    ...{ submissionId: randomUUID(), institutionId: randomUUID(), userId: randomUUID(), userRole: 'TEACHER', assessmentId: randomUUID() },
    ...{ studentId: null, label: null, acceptedAt: new Date().toISOString(), requestId: 'test', pagesTotal: 1 },
    files: [{ ...file, sha256: createHash('sha256').update(content).digest('hex') }],
  };
  const entry = await spool.begin(manifest.submissionId);
  await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
  await entry.commit(manifest);
  return manifest;
}

describe('entries in quarantine', () => {
  it('are told of with reason and manifest, also when that is damaged or the reason was lost', async () => {
    const [whole, damaged, silent] = [await accept(), await accept(), await accept()];
    await writeFile(path.join(spool.root, 'ready', damaged.submissionId, 'manifest.json'), 'no manifest');
    for (const { submissionId } of [whole, damaged, silent]) await spool.quarantine(submissionId, 'It ends every reader.');
    await rm(path.join(spool.root, 'quarantine', silent.submissionId, 'reason.txt'));
    const listed = new Map((await spool.listQuarantined()).map((entry) => [entry.id, entry]));
    expect(listed.get(whole.submissionId)).toMatchObject({ reason: 'It ends every reader.', manifest: whole });
    expect(listed.get(damaged.submissionId)).toMatchObject({ reason: 'It ends every reader.', manifest: null });
    expect(listed.get(silent.submissionId)).toMatchObject({ reason: 'The reason was not kept.', manifest: silent });
  });

  it('go back as they were accepted, once', async () => {
    const { submissionId } = await accept();
    const before = await readdir(path.join(spool.root, 'ready', submissionId));
    await spool.quarantine(submissionId, 'a reason');
    expect(await spool.findManifest(submissionId)).toBeNull();
    expect(await spool.restore(submissionId)).toBe(true);
    expect(await readdir(path.join(spool.root, 'ready', submissionId))).toEqual(before);
    expect((await spool.findManifest(submissionId))?.submissionId).toBe(submissionId);
    expect([await spool.restore(submissionId), await spool.listQuarantined()]).toEqual([false, []]);
  });

  it('never take the place of an entry that is there', async () => {
    const { submissionId } = await accept();
    await spool.quarantine(submissionId, 'a reason');
    const again = await accept();
    await spool.quarantine(again.submissionId, 'another');
    const entry = await spool.begin(submissionId);
    await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
    await entry.commit({ ...again, submissionId });
    expect(await spool.restore(submissionId)).toBe(false);
    expect((await spool.listQuarantined()).length).toBe(2);
  });
});

it('what lies in the spool is counted by its files', async () => {
  const [first, second] = [await accept(), await accept()];
  const { bytes, ...counts } = await spool.usage();
  expect(counts).toEqual({ entries: 2, quarantined: 0, quarantinedBytes: 0 });
  expect(bytes).toBeGreaterThan(2 * content.length);
  await spool.quarantine(first.submissionId, 'a reason');
  const after = await spool.usage();
  expect([after.entries, after.quarantined]).toEqual([1, 1]);
  expect(after.bytes + after.quarantinedBytes).toBe(bytes + 'a reason\n'.length);
  await spool.remove(second.submissionId);
  expect(await spool.usage()).toMatchObject({ entries: 0, bytes: 0, quarantined: 1 });
});
