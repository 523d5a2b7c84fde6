import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Manifest, PageReading } from '@gradeflow/contracts';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSpool } from './spool.ts';
import type { Spool } from './types.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let spool: Spool;
const withCode = (code: string) => expect.objectContaining({ code });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const listed = async () => {
  const ids: string[] = [];
  for await (const id of spool.listReady()) ids.push(id);
  return ids;
};
const inside = (name: string) => readdir(path.join(spool.root, name));

beforeAll(async () => {
  folder = await createTempDir();
  spool = createSpool({ root: path.join(folder.path, 'spool') });
  await spool.prepare();
});
afterAll(() => folder.remove());

const content = Buffer.from('%PDF-1.7 a sheet');

function manifestOf(submissionId: string, bytes: Buffer = content): Manifest {
  return {
    submissionId,
    institutionId: randomUUID(),
    userId: randomUUID(),
    userRole: 'TEACHER',
    assessmentId: randomUUID(),
    studentId: null,
    label: null,
    acceptedAt: new Date().toISOString(),
    requestId: 'test',
    pagesTotal: 1,
    files: [
      { path: 'original/1.pdf', name: 'sheet.pdf', mediaType: 'application/pdf', bytes: bytes.length, sha256: sha256(bytes), pages: 1 },
    ],
  };
}

async function accept(id: string = randomUUID()): Promise<string> {
  const entry = await spool.begin(id);
  await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
  expect(await entry.commit(manifestOf(id))).toBe(true);
  return id;
}

describe('crashes over the files of an entry', () => {
  it('are counted by file, also when they come at once, by any process, until somebody wants them forgotten', async () => {
    const id = await accept();
    const crash = (file: number, page: number) => spool.recordCrash(id, { file, page, reason: 'signal SIGSEGV' });
    await Promise.all([crash(1, 3), crash(1, 4), crash(11, 9)]);
    expect(await crash(1, 3)).toBe(3);
    const afterRestart = createSpool({ root: spool.root });
    expect(await Promise.all([0, 1, 11].map((file) => afterRestart.countCrashes(id, file)))).toEqual([0, 3, 1]);
    await afterRestart.forgetCrashes(id);
    expect(await spool.countCrashes(id, 1)).toBe(0);
    await spool.forgetCrashes(id);
  });

  it('of an entry that is gone do not make it rise again', async () => {
    const id = randomUUID();
    expect(await spool.recordCrash(id, { file: 0, page: 1, reason: 'signal SIGSEGV' })).toBe(0);
    expect(await inside('ready')).not.toContain(id);
  });
});

describe('turns of an entry', () => {
  it('are handed out exactly as often as allowed, also when many ask at once, and kept by their holder', async () => {
    const id = await accept();
    const holders = Array.from({ length: 12 }, (_, index) => `page-${index}`);
    const first = await Promise.all(holders.map((holder) => spool.claimTurn(id, holder, 5)));
    expect(first.filter(Boolean)).toHaveLength(5);
    expect(await Promise.all(holders.map((holder) => spool.claimTurn(id, holder, 5)))).toEqual(first);
  });

  it('are none for an entry that is gone, which does not rise again', async () => {
    const id = randomUUID();
    expect(await spool.claimTurn(id, 'page-1', 5)).toBe(false);
    expect(await inside('ready')).not.toContain(id);
  });
});

const reading = (number: number): PageReading => ({
  number,
  width: 1,
  height: 1,
  text: '',
  confidence: 1,
  engine: 'blank',
  rotation: 0,
  words: [],
  lines: [],
  doubts: [],
  contentHash: null,
  failure: null,
});

describe('receiving a file', () => {
  it('keeps every byte and gives their hash, however they are cut into chunks', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 3_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 300 }), async (pieces, repeat) => {
        const all = Buffer.concat(Array.from({ length: repeat }, () => pieces).flat());
        fc.pre(all.length > 0);
        const entry = await spool.begin(randomUUID());
        const source = Readable.from(Array.from({ length: repeat }, () => pieces.map((piece) => Buffer.from(piece))).flat(), {
          objectMode: false,
        });
        const file = await entry.receiveFile(0, source, { maxBytes: all.length });
        expect(file).toMatchObject({ bytes: all.length, sha256: sha256(all) });
        expect(sha256(await readFile(file.absolutePath))).toBe(sha256(all));
        await entry.discard();
      }),
      { numRuns: 25 },
    );
    expect(await inside('tmp')).toEqual([]);
  });

  it('refuses one that is too large or empty and leaves no file of it', async () => {
    const entry = await spool.begin(randomUUID());
    const source = Readable.from([Buffer.alloc(60), Buffer.alloc(60)]);
    await expect(entry.receiveFile(0, source, { maxBytes: 100 })).rejects.toEqual(withCode('FILE_TOO_LARGE'));
    expect(source.destroyed).toBe(true);
    await expect(entry.receiveFile(1, Readable.from([]), { maxBytes: 100 })).rejects.toEqual(withCode('EMPTY_FILE'));
    expect(await inside(`tmp/${entry.id}/original`)).toEqual([]);
    await entry.discard();
  });

  it.each([
    ['fails in the middle', (source: Readable) => source.destroy(new Error('the client went away'))],
    ['ends without its end', (source: Readable) => source.destroy()],
  ])('rejects and leaves no file when the source %s', async (_, end) => {
    const entry = await spool.begin(randomUUID());
    const source = new Readable({ read() {} });
    source.push(Buffer.alloc(2_000_000));
    const receiving = entry.receiveFile(0, source, { maxBytes: 1e9 });
    setImmediate(end, source);
    await expect(receiving).rejects.toThrow();
    expect(await inside(`tmp/${entry.id}/original`)).toEqual([]);
    await entry.discard();
    await entry.discard();
    expect(await inside('tmp')).toEqual([]);
  });

  it('survives a source that fails before the file is open', async () => {
    const entry = await spool.begin(randomUUID());
    const source = new Readable({ read() {} });
    const receiving = entry.receiveFile(0, source, { maxBytes: 100 });
    source.destroy(new Error('at once'));
    await expect(receiving).rejects.toThrow('at once');
    await entry.discard();
  });
});

describe('accepting an entry', () => {
  it('shows it as a whole under its id, with its files named as the manifest says', async () => {
    const id = await accept();
    const manifest = await spool.getManifest(id);
    expect(await readFile(spool.originalPath(id, manifest.files[0]?.path ?? ''))).toEqual(content);
    expect((await inside(`ready/${id}`)).sort()).toEqual(['manifest.json', 'original']);
    expect(await listed()).toContain(id);
  });

  it('lets exactly one of many have the same id and discards the others', async () => {
    const id = randomUUID();
    const committed = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const entry = await spool.begin(randomUUID());
        await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
        return entry.commit(manifestOf(id));
      }),
    );
    expect(committed.filter(Boolean)).toHaveLength(1);
    expect(await inside('tmp')).toEqual([]);
  });

  it('refuses a manifest that names other bytes or a place outside the entry', async () => {
    const id = randomUUID();
    for (const wrong of [
      manifestOf(id, Buffer.from('others')),
      { ...manifestOf(id), files: [{ ...manifestOf(id).files[0], path: '../1.pdf' }] },
    ]) {
      const entry = await spool.begin(randomUUID());
      await entry.receiveFile(0, Readable.from([content]), { maxBytes: 1e6 });
      await expect(entry.commit(wrong as Manifest)).rejects.toThrow();
      await entry.discard();
    }
    expect(await spool.findManifest(id)).toBeNull();
  });

  it('shows nothing of a writer that was killed in the middle, and sweeps what it left', async () => {
    const id = randomUUID();
    const script = fileURLToPath(new URL('./testing/endless-upload.ts', import.meta.url));
    const writer = spawn(process.execPath, [script, spool.root, id], { stdio: 'ignore' });
    await waitFor(async () => (await readFile(path.join(spool.root, 'tmp', id, 'original', '0'))).length > 2_000_000);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    expect(await spool.findManifest(id)).toBeNull();
    expect(await spool.sweep(60_000)).toBe(0);
    expect(await inside('tmp')).toEqual([id]);
    expect(await spool.sweep(-1)).toBe(1);
    expect(await inside('tmp')).toEqual([]);
  });
});

describe('idempotency keys', () => {
  const hash = () => sha256(Buffer.from(randomUUID()));

  it('belong to the first of many claims, and everybody learns whose', async () => {
    const key = hash();
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => spool.claimKey(key, { submissionId: randomUUID(), bodyHash: hash() })),
    );
    const winner = claims.find((claim) => claim.fresh);
    expect(claims.filter((claim) => claim.fresh)).toHaveLength(1);
    expect(claims.every((claim) => claim.submissionId === winner?.submissionId && claim.bodyHash === winner.bodyHash)).toBe(true);
  });

  it('are kept for 24 hours', async () => {
    const [young, old] = [hash(), hash()];
    for (const key of [young, old]) await spool.claimKey(key, { submissionId: randomUUID(), bodyHash: 'x' });
    await age(path.join(spool.root, 'keys', old), 24.1);
    await age(path.join(spool.root, 'keys', young), 23.9);
    await spool.sweep(60_000);
    expect(await inside('keys')).toContain(young);
    expect(await inside('keys')).not.toContain(old);
  });
});

const age = (file: string, hours: number) => utimes(file, new Date(), new Date(Date.now() - hours * 3_600_000));

describe('pages of an entry', () => {
  it('count once they are complete, in order, and may be written twice at the same time', async () => {
    const id = await accept();
    const picture = Buffer.from('webp');
    await Promise.all([
      spool.writePage(id, reading(10), picture),
      spool.writePage(id, reading(10), picture),
      spool.writePage(id, reading(2), null),
    ]);
    expect(await spool.listPages(id)).toEqual([2, 10]);
    expect(await spool.findPage(id, 10)).toEqual(reading(10));
    expect(await readFile((await spool.findPagePicture(id, 10)) ?? '')).toEqual(picture);
    expect(await spool.findPagePicture(id, 2)).toBeNull();
    expect((await inside(`ready/${id}/pages`)).sort()).toEqual(['10.json', '10.webp', '2.json']);
  });

  it('do not bring back an entry that was removed', async () => {
    const id = await accept();
    await spool.remove(id);
    await expect(spool.writePage(id, reading(1), null)).rejects.toEqual(withCode('SPOOL_ENTRY_GONE'));
    expect(await inside('ready')).not.toContain(id);
  });
});

describe('the end of an entry', () => {
  it('is seen as deleted by everybody, and removal may be repeated', async () => {
    const id = await accept();
    expect(await spool.isDeleted(id)).toBe(false);
    await spool.markDeleted(id);
    expect(await createSpool({ root: spool.root }).isDeleted(id)).toBe(true);
    await Promise.all([spool.remove(id), spool.remove(id)]);
    await expect(spool.getManifest(id)).rejects.toEqual(withCode('SPOOL_ENTRY_GONE'));
    expect(await inside('tmp')).toEqual([]);
  });

  it('that is marked as deleted is on the list of those, by any process, until it is gone', async () => {
    const [id, other, elsewhere] = [await accept(), await accept(), await accept()];
    await createSpool({ root: spool.root }).markDeleted(id);
    await spool.markDeleted(elsewhere);
    await spool.markDeleted(randomUUID());
    expect(await spool.listMaybeDeleted()).toEqual(new Set([id, elsewhere]));
    expect(await spool.isDeleted(other)).toBe(false);
    await spool.remove(id);
    await spool.quarantine(elsewhere, 'damaged');
    expect(await spool.listMaybeDeleted()).toEqual(new Set([elsewhere]));
    await spool.sweep(60_000);
    expect(await spool.listMaybeDeleted()).toEqual(new Set());
  });

  it('is there whole or not at all for whoever looks while it is committed or removed', async () => {
    for (let round = 0; round < 150; round += 1) {
      const id = randomUUID();
      let going = true;
      const look = async () => {
        while (going) await spool.findManifest(id);
      };
      const lookers = Promise.all([look(), look(), look(), look()]);
      await accept(id);
      await spool.remove(id);
      going = false;
      await lookers;
    }
  });

  it('names a damaged manifest and sets the entry apart with the reason', async () => {
    const id = await accept();
    await writeFile(path.join(spool.root, 'ready', id, 'manifest.json'), '{"half":');
    await expect(spool.findManifest(id)).rejects.toEqual(withCode('SPOOL_ENTRY_DAMAGED'));
    await spool.quarantine(id, 'the manifest is damaged');
    expect(await spool.findManifest(id)).toBeNull();
    expect(await readFile(path.join(spool.root, 'quarantine', id, 'reason.txt'), 'utf8')).toBe('the manifest is damaged\n');
  });
});

describe('the volume', () => {
  it('proves that it works and leaves nothing', async () => {
    await spool.probe();
    expect(await inside('tmp')).toEqual([]);
  });

  it('is named as the fault when its folders are gone', async () => {
    const gone = createSpool({ root: path.join(folder.path, 'not-mounted') });
    await expect(gone.probe()).rejects.toEqual(withCode('SPOOL_UNAVAILABLE'));
    await expect(gone.begin(randomUUID())).rejects.toEqual(withCode('SPOOL_UNAVAILABLE'));
  });

  it('makes no path of an id that is no UUID', async () => {
    await expect(spool.begin('../escape')).rejects.toEqual(withCode('SPOOL_ENTRY_GONE'));
    await expect(spool.getManifest('..')).rejects.toEqual(withCode('SPOOL_ENTRY_GONE'));
  });
});
