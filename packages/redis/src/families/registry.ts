import { accountFamilies } from './accounts.ts';
import { cacheFamilies } from './cache.ts';
import type { KeyFamily } from './key-family.ts';
import { liveFamilies } from './live.ts';
import { queueFamilies } from './queue.ts';

/** Every kind of key that Gradeflow keeps in Redis. A new one is a value in a file beside this one; a new file is joined here. */
export const keyFamilies: readonly KeyFamily[] = [...queueFamilies, ...accountFamilies, ...cacheFamilies, ...liveFamilies];

/** The family of a key: the one whose pattern says most of it. Null for a key that nobody has declared. */
export function familyOf(key: string, families: readonly KeyFamily[] = keyFamilies): KeyFamily | null {
  const matching = families.filter(({ pattern }) => toRegExp(pattern).test(key));
  return matching.toSorted((a, b) => literalLength(b) - literalLength(a))[0] ?? null;
}

function toRegExp(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 's');
}

const literalLength = ({ pattern }: KeyFamily) => pattern.replaceAll('*', '').length;
