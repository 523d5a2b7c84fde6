import { describe, expect, it } from '@jest/globals';
import { renderLogLine } from './render-log-line.ts';

const at = new Date(2026, 10, 21, 9, 5, 7);
const entry = (fields: object) => JSON.stringify({ level: 40, time: at.getTime(), pid: 1, name: 'worker-ocr', ...fields });

describe('a line of a child', () => {
  it('becomes time, app, level, message and fields', () => {
    expect(renderLogLine('worker-ocr', entry({ msg: 'page read', submissionId: 'a1', page: 3, note: 'two words' }))).toBe(
      '09:05:07 worker-ocr           warn  page read submissionId=a1 page=3 note="two words"',
    );
  });

  it('shows an error with its code and where it came from', () => {
    const err = { type: 'Error', message: 'no engine', code: 'OCR_FAILED', stack: 'Error: no engine\n    at read (a.ts:1:2)' };
    expect(renderLogLine('worker-ocr', entry({ level: 50, msg: 'failed', err }))).toBe(
      '09:05:07 worker-ocr           error failed error="no engine" code=OCR_FAILED \n    at read (a.ts:1:2)',
    );
  });

  it('is left as it is when it is no log entry', () => {
    expect(renderLogLine('gateway', 'Segmentation fault', at)).toBe('09:05:07 gateway              Segmentation fault');
    expect(renderLogLine('gateway', '{"half": ', at)).toMatch(/ {"half": $/);
  });

  it('cannot move the cursor or change colours', () => {
    const line = renderLogLine('gateway', entry({ msg: 'name \u001b[2J\r gone' }));
    for (const control of ['\u001b', '\r']) expect(line).not.toContain(control);
  });
});
