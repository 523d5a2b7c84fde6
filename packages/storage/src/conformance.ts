import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Storage } from './types.ts';

/** What every adapter of the Storage port must do. `make` gives an empty storage and how to close it. */
export function storageConformance(name: string, make: () => Promise<{ storage: Storage; close: () => Promise<void> }>): void {
  describe(`${name} as a storage`, () => {
    let made: Awaited<ReturnType<typeof make>>;
    let scratch: string;
    beforeAll(async () => {
      [made, scratch] = await Promise.all([make(), mkdtemp(path.join(tmpdir(), 'gradeflow-conformance-'))]);
    });
    afterAll(() => Promise.all([made.close(), rm(scratch, { recursive: true })]));

    const localFile = async (content: Uint8Array) => {
      const file = path.join(scratch, `file-${content.byteLength}`);
      await writeFile(file, content);
      return { file, sha256: createHash('sha256').update(content).digest('hex') };
    };

    it('gives back the bytes of a file, of all of it or of a range', async () => {
      const content = Buffer.alloc(2_500_000, 'gradeflow');
      const { file, sha256 } = await localFile(content);
      expect(await made.storage.putFile('a/original/1.pdf', file, { sha256 })).toEqual({ key: 'a/original/1.pdf', bytes: content.length });
      expect((await made.storage.readBytes('a/original/1.pdf')).equals(content)).toBe(true);
      expect(await collect(await made.storage.read('a/original/1.pdf', { start: 2, end: 6 }))).toEqual(content.subarray(2, 7));
      expect(await made.storage.find('a/original/1.pdf')).toEqual({ key: 'a/original/1.pdf', bytes: content.length });
    });

    it('refuses a file with another hash than expected and keeps what was there', async () => {
      await made.storage.putBytes('b/1.pdf', Buffer.from('good'));
      const { file } = await localFile(Buffer.from('damaged on the way'));
      const refused = expect.objectContaining({ code: 'STORAGE_HASH_MISMATCH', retryable: true });
      await expect(made.storage.putFile('b/1.pdf', file, { sha256: '0'.repeat(64) })).rejects.toEqual(refused);
      await expect(made.storage.putFile('b/2.pdf', file, { sha256: '0'.repeat(64) })).rejects.toEqual(refused);
      expect((await made.storage.readBytes('b/1.pdf')).toString()).toBe('good');
      expect(await made.storage.find('b/2.pdf')).toBeNull();
    });

    it('takes the same key again, also at the same time', async () => {
      await Promise.all(Array.from({ length: 8 }, () => made.storage.putBytes('c/1.webp', Buffer.from('page'))));
      expect((await made.storage.readBytes('c/1.webp')).toString()).toBe('page');
    });

    it('says by name that an object is missing', async () => {
      const missing = expect.objectContaining({ code: 'STORAGE_OBJECT_MISSING', status: 404 });
      await expect(made.storage.read('d/none')).rejects.toEqual(missing);
      await expect(made.storage.readBytes('d/none')).rejects.toEqual(missing);
      expect(await made.storage.find('d/none')).toBeNull();
    });

    it('removes what is below a prefix and nothing beside it', async () => {
      for (const key of ['e/one/1', 'e/one/sub/2', 'e/one-more/3']) await made.storage.putBytes(key, Buffer.from(key));
      await made.storage.removeAll('e/one');
      await made.storage.removeAll('e/never-there');
      const left = await Promise.all(['e/one/1', 'e/one/sub/2', 'e/one-more/3'].map((key) => made.storage.find(key)));
      expect(left.map((object) => object !== null)).toEqual([false, false, true]);
    });

    it.each(['../escape', '/etc/passwd', 'a/../../b', 'a//b', 'a/.hidden', '', 'a\\b', 'a/\0'])('refuses the key %j', async (key) => {
      const invalid = expect.objectContaining({ code: 'STORAGE_KEY_INVALID' });
      const calls = [
        async () => void (await made.storage.putBytes(key, Buffer.from('x'))),
        async () => void (await made.storage.find(key)),
        async () => void (await made.storage.read(key)),
        async () => made.storage.removeAll(key),
      ];
      for (const call of calls) await expect(call()).rejects.toEqual(invalid);
    });

    it('proves that it works', async () => {
      await expect(made.storage.probe()).resolves.toBeUndefined();
    });
  });
}

async function collect(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
