import { PermanentError } from '@gradeflow/errors';

/**
 * Keys are relative and `/`-separated; every part begins with a letter, digit, `_` or `-`, so that `..`, absolute paths and hidden files can't be named.
 * Gives the key back, else throws PermanentError STORAGE_KEY_INVALID.
 */
export function checkedKey(key: string): string {
  if (key.length <= 512 && /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key)) return key;
  throw new PermanentError({ code: 'STORAGE_KEY_INVALID', detail: 'A storage key is not relative or has forbidden parts.' });
}
