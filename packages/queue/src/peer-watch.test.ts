import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPeerWatch, missedBeatsOfTheDead } from './peer-watch.ts';

/** What one second brings: the peer's beat changed, did not, or Redis did not answer. */
const second = fc.constantFrom('beat', 'still', 'silence');

describe('the watch over other processes', () => {
  it('takes a process for dead exactly after three answered seconds in a row without a beat, and itself never', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 40 }), (seconds) => {
        const watch = createPeerWatch();
        let beat = 0;
        let unchanged = -1;
        for (const what of seconds) {
          if (what === 'silence') {
            watch.forget();
            unchanged = -1;
            continue;
          }
          if (what === 'beat') beat += 1;
          unchanged = what === 'beat' ? 0 : unchanged + 1;
          const dead = watch.observe({ peer: `beat ${beat}`, self: 'never changes' }, 'self');
          expect(dead).toEqual(unchanged >= missedBeatsOfTheDead ? ['peer'] : []);
        }
      }),
    );
  });
});
