import type { Match } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { functionWordsOf } from '../text/function-words.ts';
import { normalise } from '../text/normalise.ts';
import { type Token, tokenise } from '../text/tokens.ts';
import { areOpposites, findApproximately, isNegatingPrefix, tolerantlyEqual } from '../text/tolerant.ts';
import type { Span } from '../types.ts';
import { graded, notMet, type Outcome, unclear } from './outcome.ts';

export type KeywordsMatch = Extract<Match, { type: 'keywords' }>;

/** A phrase found: which tokens, and how sure. */
export interface PhraseHit {
  first: number;
  last: number;
  /** 1 exact word or stem, less for prefixes and tolerated misreadings. */
  quality: number;
}

type MatchRules = Pick<KeywordsMatch, 'stem' | 'prefix' | 'fuzzy'>;

const quality = { exact: 1, prefix: 0.95, tolerant: 0.85, substring: 0.75 };
/** Other words that may stand between the words of a phrase. */
const maxGap = 2;
/** Places that are shown of one idea. */
const maxPlaces = 3;
const minPrefixLetters = 4;
const minSubstringLetters = 7;
const phraseCache = new Map<string, Token[]>();

function phraseTokens(phrase: string, lang: string): Token[] {
  const key = `${lang} ${phrase}`;
  let tokens = phraseCache.get(key);
  if (!tokens) {
    const all = tokenise(phrase, lang).tokens;
    const content = all.filter((token) => !token.isFunctionWord);
    tokens = content.length > 0 ? content : all;
    if (phraseCache.size > 20_000) phraseCache.clear();
    phraseCache.set(key, tokens);
  }
  return tokens;
}

function wordQuality(key: Token, token: Token, rules: MatchRules): number {
  if (key.word === token.word || (key.isNumber && key.stem === token.stem)) return quality.exact;
  if (key.isNumber || token.isNumber) return 0;
  if (rules.stem && key.stem === token.stem) return quality.exact;
  if (rules.prefix && key.word.length >= minPrefixLetters) {
    if (token.word.startsWith(key.word)) return quality.prefix;
    if (rules.stem && key.stem.length >= minPrefixLetters && token.word.startsWith(key.stem)) return quality.prefix;
  }
  if (rules.fuzzy && (tolerantlyEqual(key.word, token.word) || (rules.stem && tolerantlyEqual(key.stem, token.stem)))) {
    return areOpposites(key.word, token.word) ? 0 : quality.tolerant;
  }
  return 0;
}

/** All places of a phrase: its content words in order, at most two other words between them. */
export function findPhrase(phrase: string, answer: AnswerText, rules: MatchRules): PhraseHit[] {
  const keys = phraseTokens(phrase, answer.lang);
  const [firstKey, ...others] = keys;
  if (firstKey === undefined) return findSymbols(phrase, answer);
  const hits: PhraseHit[] = [];
  answer.tokens.forEach((token, index) => {
    let lowest = wordQuality(firstKey, token, rules);
    let last = index;
    for (const key of others) {
      if (lowest === 0) return;
      const next = nextWord(key, answer.tokens, last, rules);
      lowest = Math.min(lowest, next.quality);
      last = next.index;
    }
    if (lowest > 0) hits.push({ first: index, last, quality: lowest });
  });
  if (hits.length === 0 && rules.fuzzy) return findAcrossWords(keys, answer, rules);
  return hits;
}

function nextWord(key: Token, tokens: readonly Token[], after: number, rules: MatchRules): { index: number; quality: number } {
  let best = { index: after, quality: 0 };
  for (let index = after + 1; index <= after + 1 + maxGap && index < tokens.length; index++) {
    const found = wordQuality(key, tokens[index] as Token, rules);
    if (found > best.quality) best = { index, quality: found };
  }
  return best;
}

/** Phrases of signs only, such as `+` or `->`: as they are. */
function findSymbols(phrase: string, answer: AnswerText): PhraseHit[] {
  const at = answer.text.indexOf(normalise(phrase).text.trim());
  if (at < 0) return [];
  const index = answer.tokens.findIndex((token) => token.to > at);
  if (index < 0) return [];
  return [{ first: index, last: index, quality: quality.exact }];
}

/**
 * Words that reading has split or joined: approximate substring with blanks removed, up to a fifth of the letters, from seven letters. What is left of the words
 * at both ends must be words themselves (glucoseand), so that this is no prefix match by the back door.
 */
function findAcrossWords(keys: readonly Token[], answer: AnswerText, rules: MatchRules): PhraseHit[] {
  const pattern = keys.map((key) => key.word).join('');
  if (pattern.length < minSubstringLetters || /\d/.test(pattern)) return [];
  const found = findApproximately(pattern, answer.compact, Math.floor(pattern.length * 0.2));
  if (!found) return [];
  const first = answer.compactTokens[found.from] as number;
  const last = answer.compactTokens[found.to - 1] as number;
  const before = answer.compact.slice(answer.compactTokens.indexOf(first), found.from);
  const behind = answer.compact.slice(found.to, answer.compactTokens.lastIndexOf(last) + 1);
  const words = answer.tokens.slice(first, last + 1).map((token) => token.word);
  if (isNegatingPrefix(before) || areOpposites(pattern, words.join('')) || words.some((word) => areOpposites(pattern, word))) return [];
  if (!isWord(before, answer) || !(rules.prefix || isWord(behind, answer))) return [];
  return [{ first, last, quality: quality.substring }];
}

function isWord(letters: string, answer: AnswerText): boolean {
  if (letters.length <= 1) return true;
  return functionWordsOf(answer.lang)?.has(letters) === true || answer.tokens.some((token) => token.word === letters);
}

/** The surest places of a group, each once, in the order of the answer. */
function bestHits(hits: PhraseHit[]): PhraseHit[] {
  const highest = Math.max(0, ...hits.map((hit) => hit.quality));
  const surest = hits.filter((hit) => hit.quality === highest).sort((a, b) => a.first - b.first || b.last - a.last);
  return surest.filter((hit, index) => surest.findIndex((other) => other.first === hit.first) === index).slice(0, maxPlaces);
}

/** Longest chain of groups whose hits follow one another in the answer. */
function inOrder(hitsByGroup: PhraseHit[][]): PhraseHit[] {
  let chains: PhraseHit[][] = [[]];
  for (const hits of hitsByGroup) {
    const next = [...chains];
    chains.forEach((chain, length) => {
      const after = chain.at(-1)?.last ?? -1;
      const hit = hits.filter(({ first }) => first > after).sort((a, b) => a.last - b.last)[0];
      const known = next[length + 1]?.at(-1);
      if (hit && (known === undefined || hit.last < known.last)) next[length + 1] = [...chain, hit];
    });
    chains = next;
  }
  return chains.at(-1) ?? [];
}

function spansOf(hits: readonly PhraseHit[], answer: AnswerText): Span[] {
  const places = [...new Set(hits.map((hit) => `${hit.first}:${hit.last}`))].map(
    (place) => place.split(':').map(Number) as [number, number],
  );
  return places.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([first, last]) => answer.tokenSpan(first, last));
}

/**
 * Decides a keyword criterion: a group is found when one of its phrases is; the fraction is found groups over `minGroups` (all when absent).
 * A phrase of `noneOf` makes it NOT_MET, or UNCLEAR where only a tolerated misreading says so. `allowPartial` is the criterion's `partial`.
 */
export function matchKeywords(match: KeywordsMatch, answer: AnswerText, allowPartial: boolean): Outcome {
  const forbidden = match.noneOf.flatMap((phrase) => findPhrase(phrase, answer, { ...match, fuzzy: false }));
  if (forbidden.length > 0) return notMet('The answer says something that rules this out.', 0.9, { decidedBy: spansOf(forbidden, answer) });
  const hitsByGroup = match.groups.map((group) => group.anyOf.flatMap((phrase) => findPhrase(phrase, answer, match)));
  const shown = match.inOrder ? inOrder(hitsByGroup).map((hit) => [hit]) : hitsByGroup.map(bestHits).filter((hits) => hits.length > 0);
  const needed = Math.min(match.minGroups ?? match.groups.length, match.groups.length);
  const missing = match.groups.filter((_, index) => (hitsByGroup[index] as PhraseHit[]).length === 0).flatMap((group) => group.anyOf);
  const share = Math.min(1, shown.length / needed);
  const evidence = spansOf(shown.flat(), answer);
  if (share > 0 && match.noneOf.some((phrase) => match.fuzzy && findPhrase(phrase, answer, match).length > 0))
    return unclear('A word close to one that rules this out stands in the answer.', { evidence });
  const found = `${shown.length} of ${needed} idea${needed === 1 ? '' : 's'} found`;
  if (share === 0 || (share < 1 && !allowPartial)) return notMet(`${found}.`, share === 0 ? 0.9 : 0.75, { missing });
  const lowest = Math.min(...shown.flat().map((hit) => hit.quality));
  return { ...graded(share, evidence, share < 1 ? 0.85 * lowest : 0.95 * lowest, `${found}: ${quoted(evidence)}.`), missing };
}

function quoted(evidence: readonly Span[]): string {
  return evidence
    .slice(0, 4)
    .map(({ quote }) => `“${quote.length > 60 ? `${quote.slice(0, 57)}…` : quote}”`)
    .join(', ');
}
