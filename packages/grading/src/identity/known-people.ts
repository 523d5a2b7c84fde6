/** Somebody whose name, address and number a model must not be told. */
export interface KnownPerson {
  name: string;
  email: string | null;
  rollNumber: string | null;
  /** It may be no name at all: single words of it count only where they are written like a name. */
  isGuess?: boolean;
}

/** What is looked for of one person; all folded. */
export interface PersonTraces {
  /** Parts of the name. */
  names: string[];
  /** Names and mailboxes that are written as one word. */
  joined: string[];
  /** Numbers, letters and digits alone, look-alikes folded. */
  numbers: string[];
  isGuess: boolean;
}

/** Join names and are no names; they stand in every text. */
const particles = new Set('de da do dos das di del della der den van von zu zum la le el al bin ibn ben abu st san ap mac mc'.split(' '));

/** Lower case, without accents: how names are compared. */
export function foldName(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/ß/g, 'ss');
}

const digitOf: Record<string, string> = { o: '0', q: '0', i: '1', l: '1', '|': '1', s: '5', b: '8', z: '2' };

/** Letters and digits of a number as it is compared: misread and left out separators are the same. */
export function foldNumber(text: string): string {
  return [...foldName(text)]
    .filter((character) => /[\p{L}\p{N}|]/u.test(character))
    .map((character) => digitOf[character] ?? character)
    .join('');
}

/** The words of a name, folded. */
export function namePartsOf(name: string): string[] {
  return [...new Set(foldName(name).split(/[^\p{L}\p{N}]+/u))].filter((part) => part !== '');
}

export function isParticle(part: string): boolean {
  return particles.has(part);
}

export function tracesOf({ name, email, rollNumber, isGuess = false }: KnownPerson): PersonTraces {
  const words = namePartsOf(name);
  const names = words.filter((word) => !/\p{N}/u.test(word));
  const [mailbox = ''] = foldName(email ?? '').split('@', 1);
  const whole = mailbox.replace(/[^\p{L}\p{N}]/gu, '');
  // A mailbox such as "student" or "physics" is a word of its own.
  const isUnmistakable = whole.length >= 4 && (/\p{N}/u.test(whole) || namePartsOf(mailbox).length > 1);
  const joined = names.flatMap((first) => names.filter((second) => second !== first).map((second) => first + second));
  const written = [rollNumber ?? '', ...words.filter((word) => /\p{N}/u.test(word))];
  return {
    names,
    joined: [...new Set([...joined, ...(isUnmistakable ? [whole] : [])])].filter((word) => word.length >= 4),
    numbers: [...new Set(written.map(foldNumber))].filter((number) => number !== ''),
    isGuess,
  };
}

/** What a sheet is called tells who wrote it as often as not: its words count as a name, those with digits as numbers. */
export function personOfLabel(label: string): KnownPerson {
  return { name: label, email: null, rollNumber: null, isGuess: true };
}
