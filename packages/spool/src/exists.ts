import { access } from 'node:fs/promises';
import { hasCode } from './spool-error.ts';

/** Only "there is no such file" is false; a volume that does not answer is an error. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
