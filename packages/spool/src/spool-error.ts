import { types } from 'node:util';
import { AppError, InsufficientStorageError, UnavailableError } from '@gradeflow/errors';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const notWritable = new Set(['EROFS', 'EACCES', 'EPERM']);
/** ENOENT and ENOTDIR: the folders that `prepare` made are gone, for example with an unmounted volume. */
const volumeFaults = new Set(['EIO', 'ESTALE', 'ENOENT', 'ENOTDIR', 'EMFILE', 'ENFILE', 'ENODEV', 'ENXIO']);

/** True when a file system call failed with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * What a fault of the volume means: full → InsufficientStorageError, read-only or forbidden → UnavailableError SPOOL_NOT_WRITABLE, other faults of
 * the device → UnavailableError SPOOL_UNAVAILABLE. Everything else (an aborted upload, a programming error) comes back as it is.
 */
export function toSpoolError(error: unknown): unknown {
  if (error instanceof AppError || !types.isNativeError(error) || !('syscall' in error)) return error;
  const code = String((error as NodeJS.ErrnoException).code);
  if (full.has(code)) return new InsufficientStorageError({ detail: 'The volume for uploads is full.', cause: error });
  if (notWritable.has(code)) {
    return new UnavailableError({ code: 'SPOOL_NOT_WRITABLE', detail: `The volume for uploads can't be written (${code}).`, cause: error });
  }
  if (volumeFaults.has(code)) {
    return new UnavailableError({ code: 'SPOOL_UNAVAILABLE', detail: `The volume for uploads does not work (${code}).`, cause: error });
  }
  return error;
}

/** Runs file system work and translates its faults. */
export async function withSpoolErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toSpoolError(error);
  }
}
