/** A question number as a place in a tree: `1(a)(ii)` is 1 → a → ii. */
export interface NumberNode {
  /** Lower case: `1`, `a`, `ii`. */
  token: string;
  /** The number as the key writes it; null for a heading that only has parts. */
  number: string | null;
  children: NumberNode[];
}

const wordsAround = /\b(?:questions?|ques|qn|q|part|section|problem|task|exercise|answer|ans|no|nr|aufgabe|frage)\b\.?|[qQ](?=\d)/gi;

/** The key's numbers as a tree in the key's order. Two spellings of one number (`1`, `Q1`) share a place; the first keeps it. */
export function numberTree(numbers: string[]): NumberNode[] {
  const roots: NumberNode[] = [];
  for (const number of numbers) {
    const tokens = tokensOf(number);
    let level = roots;
    tokens.forEach((token, depth) => {
      let node = level.find((candidate) => candidate.token === token);
      if (!node) {
        node = { token, number: null, children: [] };
        level.push(node);
      }
      if (depth === tokens.length - 1) node.number ??= number;
      level = node.children;
    });
  }
  return roots;
}

function tokensOf(number: string): string[] {
  const bare = number.replace(wordsAround, ' ').toLowerCase();
  const tokens = bare.match(/\d+|\p{L}+/gu)?.map((token) => (/^\d/.test(token) ? String(Number(token)) : token));
  return tokens ?? [number.trim().toLowerCase()];
}
