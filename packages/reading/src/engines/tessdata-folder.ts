import { createHash, randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnavailableError } from '@gradeflow/errors';
import type { LanguageFile } from './language-data.ts';

/**
 * One folder with `<lang>.traineddata` for all the languages, since tesseract looks into one only: the folder where they lie when that is one and nothing
 * is packed, else a folder of links and unpacked copies below the system's temporary folder. That one is kept and shared by later processes of the same
 * user. Throws UnavailableError OCR_ENGINE_FAILED when somebody else could write there.
 */
export async function getTessdataFolder(files: readonly LanguageFile[]): Promise<string> {
  const [first] = files;
  if (first && files.every(({ gzip, folder }) => !gzip && folder === first.folder)) return first.folder;
  const parent = path.join(tmpdir(), `gradeflow-tessdata-${process.getuid?.() ?? 'user'}`);
  await makePrivateFolder(parent);
  const folder = path.join(parent, await nameOf(files));
  if (!(await isComplete(folder, files))) await fill(parent, folder, files);
  return folder;
}

/** A name that anybody can guess in a folder that everybody may write to: it has to be ours, and a folder. */
async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  const ours = process.getuid === undefined || found.uid === process.getuid();
  if (found.isDirectory() && ours && (found.mode & 0o022) === 0) return;
  throw new UnavailableError({
    code: 'OCR_ENGINE_FAILED',
    detail: `${folder} belongs to somebody else or can be written to by others: remove it.`,
  });
}

/** Other data under the same path is another folder. */
async function nameOf(files: readonly LanguageFile[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { file } of files) {
    const { size, mtimeMs } = await lstat(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest('hex').slice(0, 32);
}

const nameIn = ({ language }: LanguageFile): string => `${language}.traineddata`;

/** Whatever cleans temporary folders may have taken a part of it. */
async function isComplete(folder: string, files: readonly LanguageFile[]): Promise<boolean> {
  const names = new Set(await readdir(folder).catch(() => []));
  return files.every((file) => names.has(nameIn(file)));
}

/** Made aside and moved into its place: other processes may be doing the same, and the first one wins. */
async function fill(parent: string, folder: string, files: readonly LanguageFile[]): Promise<void> {
  const aside = path.join(parent, `new-${randomUUID()}`);
  await mkdir(aside, { mode: 0o700 });
  try {
    for (const file of files) {
      const target = path.join(aside, nameIn(file));
      if (file.gzip) await writeFile(target, await promisify(gunzip)(await readFile(file.file)));
      else await symlink(file.file, target);
    }
    await chmod(aside, 0o700);
    await rename(aside, folder).catch(async () => {
      if (await isComplete(folder, files)) return;
      await rm(folder, { recursive: true, force: true });
      await rename(aside, folder);
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
