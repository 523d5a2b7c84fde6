/** Best first, equal scores by name; equal scores have equal ranks, and the next rank counts all before it (1, 2, 2, 4). */
export function rankScores(
  entries: ReadonlyArray<{ displayName: string; score: number }>,
): Array<{ rank: number; displayName: string; score: number }> {
  const sorted = entries.toSorted((a, b) => b.score - a.score || (a.displayName < b.displayName ? -1 : 1));
  let rank = 0;
  return sorted.map(({ displayName, score }, index) => {
    if (index === 0 || score !== sorted[index - 1]?.score) rank = index + 1;
    return { rank, displayName, score };
  });
}
