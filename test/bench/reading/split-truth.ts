/**
 * Cuts the transcript of a document at its page breaks: each break goes behind the last word of the transcript that the words of
 * the pages before it match, in the longest common subsequence of both. `pages` is any other reading of the same pages, for example
 * the text layer. The parts joined are the transcript.
 */
export function splitTruth(truth: string, pages: readonly string[]): string[] {
  const wanted = [...truth.matchAll(/\S+/g)];
  const given = pages.flatMap((page, index) => (page.match(/\S+/g) ?? []).map((text) => ({ text, page: index })));
  const partners = matchWords(
    given.map(({ text }) => text),
    wanted.map(([text]) => text),
  );
  const ends = pages.map((_, page) => Math.max(-1, ...partners.filter((_partner, i) => (given[i]?.page ?? 0) <= page)));
  const cuts = ends.map((end) => (end < 0 ? 0 : (wanted[end]?.index ?? 0) + (wanted[end]?.[0].length ?? 0)));
  cuts[cuts.length - 1] = truth.length;
  return cuts.map((cut, page) => truth.slice(page === 0 ? 0 : cuts[page - 1], cut));
}

/** For each word of `a` its partner in `b`, -1 for none. O(n × m) time and bytes. */
function matchWords(a: readonly string[], b: readonly string[]): number[] {
  const width = b.length + 1;
  const step = new Uint8Array((a.length + 1) * width);
  let above = new Uint32Array(width);
  for (let i = 1; i <= a.length; i += 1) {
    const row = new Uint32Array(width);
    for (let j = 1; j <= b.length; j += 1) {
      const [up, left] = [above[j] ?? 0, row[j - 1] ?? 0];
      const diagonal = a[i - 1] === b[j - 1] ? (above[j - 1] ?? 0) + 1 : 0;
      row[j] = Math.max(up, left, diagonal);
      step[i * width + j] = diagonal > Math.max(up, left) ? 1 : up >= left ? 2 : 3;
    }
    above = row;
  }
  const partners = new Array<number>(a.length).fill(-1);
  for (let i = a.length, j = b.length; i > 0 && j > 0; ) {
    const way = step[i * width + j];
    if (way === 1) partners[i - 1] = j - 1;
    if (way !== 3) i -= 1;
    if (way !== 2) j -= 1;
  }
  return partners;
}
