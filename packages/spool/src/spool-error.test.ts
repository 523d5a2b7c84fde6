import { describe, expect, it } from '@jest/globals';
import { toSpoolError } from './spool-error.ts';

const fault = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' });

describe('a fault of the volume', () => {
  it.each([
    ['ENOSPC', 507, 'INSUFFICIENT_STORAGE'],
    ['EDQUOT', 507, 'INSUFFICIENT_STORAGE'],
    ['EFBIG', 507, 'INSUFFICIENT_STORAGE'],
    ['EROFS', 503, 'SPOOL_NOT_WRITABLE'],
    ['EACCES', 503, 'SPOOL_NOT_WRITABLE'],
    ['EIO', 503, 'SPOOL_UNAVAILABLE'],
    ['ESTALE', 503, 'SPOOL_UNAVAILABLE'],
  ])('%s is %d %s', (code, status, name) => {
    expect(toSpoolError(fault(code))).toMatchObject({ status, code: name, retryable: true });
  });

  it('is told from a fault of the program', () => {
    const other = new TypeError('x');
    expect(toSpoolError(other)).toBe(other);
  });
});
