import { expect, it } from '@jest/globals';
import { createLocalLayer } from './local-layer.ts';

const answer = { body: '{}', etag: '"a"', epoch: 1 };
const far = () => performance.now() + 60_000;

/** A layer under a lease that was given after the change `first`, holding answers made of `a` and of `b`. */
function filled() {
  const layer = createLocalLayer();
  layer.lease({ at: far(), lastChange: 'first' });
  for (const tag of ['a', 'b']) layer.keep(tag, { ...answer, tags: [tag] }, { changes: layer.changes(), until: far() });
  const held = () => ['a', 'b'].filter((key) => layer.find(key, 1) !== null);
  return { layer, held };
}

it("holds nothing without a lease, beyond the answer's own time, or under another epoch", () => {
  const layer = createLocalLayer();
  layer.keep('a', { ...answer, tags: ['a'] }, { changes: layer.changes(), until: far() });
  expect(layer.find('a', 1)).toBeNull();
  layer.lease({ at: far(), lastChange: '' });
  expect(layer.find('a', 1)).not.toBeNull();
  layer.keep('b', { ...answer, tags: ['b'] }, { changes: layer.changes(), until: performance.now() - 1 });
  expect([layer.find('b', 1), layer.find('a', 2)]).toEqual([null, null]);
});

it('drops what a change names, and all when it missed the change before', () => {
  const { layer, held } = filled();
  layer.hear({ id: 'second', previous: 'first', tags: ['a'] });
  expect(held()).toEqual(['b']);
  layer.hear({ id: 'fourth', previous: 'third', tags: ['something else'] });
  expect(held()).toEqual([]);
});

it('drops all when a lease was given after a change that it has not heard', () => {
  const { layer, held } = filled();
  layer.lease({ at: far(), lastChange: 'first' });
  expect(held()).toEqual(['a', 'b']);
  layer.lease({ at: far(), lastChange: 'second' });
  expect(held()).toEqual([]);
});

it('does not keep what was confirmed while something was taken away', () => {
  const { layer, held } = filled();
  const changes = layer.changes();
  layer.hear({ id: 'second', previous: 'first', tags: ['a'] });
  layer.keep('a', { ...answer, tags: ['a'] }, { changes, until: far() });
  expect(held()).toEqual(['b']);
});
