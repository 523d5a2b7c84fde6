import { seededRandom, seedOf } from './data.ts';

const lookAlikes: Record<string, string[]> = {
  a: ['o', 'u'],
  b: ['6', 'h'],
  c: ['e', 'o'],
  d: ['cl', 'a'],
  e: ['c', 'o'],
  f: ['t'],
  g: ['q', '9'],
  h: ['b', 'n'],
  i: ['l', '1'],
  j: ['i'],
  k: ['h', 'x'],
  l: ['1', 'i'],
  m: ['rn', 'n'],
  n: ['u', 'r', 'h'],
  o: ['0', 'a'],
  p: ['n', 'y'],
  q: ['g', '9'],
  r: ['n', 'v'],
  s: ['5', 'z'],
  t: ['f', 'l'],
  u: ['v', 'n'],
  v: ['u', 'r'],
  w: ['vv', 'u'],
  x: ['k'],
  y: ['g', 'v'],
  z: ['2', 's'],
};

/**
 * Simulated misreading at a character error rate, seeded by `key`: of the errors 65 % look-alike substitutions, 15 % deletions, 10 % insertions, 10 % splits of
 * a word; of the blanks that are hit 60 % vanish.
 */
export function misread(text: string, rate: number, key: string): string {
  const random = seededRandom(seedOf(key));
  let out = '';
  for (const character of text) {
    if (random() >= rate) {
      out += character;
      continue;
    }
    if (/\s/.test(character)) {
      if (random() >= 0.6) out += character;
      continue;
    }
    const kind = random();
    if (kind < 0.65) out += substitute(character, random);
    else if (kind < 0.8) continue;
    else if (kind < 0.9) out += character + 'eilnorst'[Math.floor(random() * 8)];
    else out += `${character} `;
  }
  return out;
}

function substitute(character: string, random: () => number): string {
  const options = lookAlikes[character.toLowerCase()] ?? [character];
  return options[Math.floor(random() * options.length)] ?? character;
}
