import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** Tesseract as the system has it. */
export interface NativeTesseract {
  /** Absolute path. */
  file: string;
  /** e.g. `5.3.0`. */
  version: string;
}

/** Older ones write another TSV and read worse. */
const leastMajor = 5;
const answersWithinMs = 5_000;

/** The first `tesseract` of version 5 or later on the PATH; null when there is none that answers. */
export async function findNativeTesseract(searchPath = process.env.PATH ?? ''): Promise<NativeTesseract | null> {
  for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
    const file = path.resolve(folder, 'tesseract');
    if (!(await isExecutable(file))) continue;
    const version = await askVersion(file);
    if (version !== null && Number(version.split('.')[0]) >= leastMajor) return { file, version };
  }
  return null;
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** `tesseract 5.3.0`, with a v in some builds; null from whatever does not answer like tesseract. */
async function askVersion(file: string): Promise<string | null> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, ['--version'], { timeout: answersWithinMs });
    return /^tesseract v?(\d+(?:\.\d+)*)/m.exec(`${stdout}\n${stderr}`)?.[1] ?? null;
  } catch {
    return null; // a broken installation is as good as none
  }
}
