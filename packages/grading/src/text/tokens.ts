import { functionWordsOf } from './function-words.ts';
import { type NormalisedText, normalise } from './normalise.ts';
import { stemOf } from './stem.ts';

export interface Token {
  /** Normalised word or number. */
  word: string;
  stem: string;
  isNumber: boolean;
  /** Carries grammar only. */
  isFunctionWord: boolean;
  /** `[from, to)` in the normalised text. */
  from: number;
  to: number;
}

export interface TokenisedText {
  normalised: NormalisedText;
  tokens: Token[];
}

const wordPattern = /\d+(?:[.,]\d+)*|[\p{L}\p{N}\p{M}]+(?:'\p{L}+)?/gu;

/** Words and numbers in order, with their places. `n't` becomes a word `not` of its own; `'s` falls away. */
export function tokenise(text: string | NormalisedText, lang: string): TokenisedText {
  const normalised = typeof text === 'string' ? normalise(text) : text;
  const functionWords = functionWordsOf(lang);
  const tokens: Token[] = [];
  const push = (word: string, from: number, to: number) => {
    const isNumber = /^\d/.test(word) && /^[\d.,]+$/.test(word);
    const stem = isNumber ? word.replaceAll(',', '.') : stemOf(word, lang);
    tokens.push({ word, stem, isNumber, isFunctionWord: functionWords?.has(word) ?? false, from, to });
  };
  for (const match of normalised.text.matchAll(wordPattern)) {
    const [word] = match;
    const from = match.index;
    const to = from + word.length;
    if (word.endsWith("n't") && word.length > 3) {
      push(word === "can't" ? 'can' : word === "won't" ? 'will' : word.slice(0, -3), from, to - 3);
      push('not', to - 3, to);
    } else {
      const plain = word.replace(/'(?:s|re|ve|ll|d|m)$/, '');
      push(plain, from, from + plain.length);
    }
  }
  return { normalised, tokens };
}
