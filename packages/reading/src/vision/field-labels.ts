import { distance } from 'fastest-levenshtein';

const people = 'student candidate examinee learner pupil applicant';
const numbered = `${people} roll registration registered reg enrolment enrollment matriculation matric matrikel seat index exam admission id identity`;
const numbers = 'no number num nr id code nummer';

/** Labels of several words: an entry a word, with its alternatives. */
const sequences: ReadonlyArray<readonly string[]> = [
  ['name', 'of', 'the', people],
  ['name', 'of', people],
  [`${people} first last family given full middle maiden your`, 'name names'],
  [numbered, numbers],
  ['hall', 'ticket', numbers],
  ['date', 'of', 'birth'],
  ['e', 'mail'],
];

/** Say what follows by themselves, wherever they stand. */
const strongLabels = [
  'surname firstname lastname fullname studentname candidatename rollno rollnumber regno registrationno registrationnumber studentid studentno studentnumber',
  'candidateno candidatenumber matriculation matriculationno matriculationnumber matrikelnummer matrikelnr matrnr usn',
  'vorname nachname familienname prenom apellido apellidos cognome',
].join(' ');
/** Ordinary words too: a field at the beginning of a line, or before a colon. */
const weakLabels =
  'name names student candidate roll matric id mail email telephone phone mobile tel address signature dob signed nom nombre nome anschrift unterschrift';

/** After these a label is part of a sentence: "Name the …", "Roll number is …". */
const sentenceGoesOn = new Set(
  'the a an one two three four five six seven eight nine ten any all some and or each both its these those this that is are was were in for to has have had which what who longer more must should can will den die das ein eine zwei drei les des un une los las'.split(
    ' ',
  ),
);

export interface FieldLabel {
  /** Words of the line that are the label: `[from, to)`. */
  from: number;
  to: number;
  /** The value begins inside the last word of the label ("Name:Maria"). */
  holdsValue: boolean;
}

/**
 * Labels of personal fields (name, number, e-mail, signature …) in one line of words as OCR gave them: misread letters are forgiven, and what looks like a
 * question ("Name the …") is none. When in doubt it is a label: a stretch that is hidden for nothing costs less than a name that is not.
 */
export function findFieldLabels(words: readonly string[]): FieldLabel[] {
  const labels: FieldLabel[] = [];
  for (let from = 0; from < words.length; from += 1) {
    const label = labelAt(words, from);
    if (label === null) continue;
    labels.push(label);
    from = label.to - 1;
  }
  return labels;
}

function labelAt(words: readonly string[], from: number): FieldLabel | null {
  for (const sequence of sequences) {
    const to = from + sequence.length;
    if (to > words.length) continue;
    const holdsValue = hasValue(words[to - 1] ?? '');
    const fits = sequence.every((alternatives, index) => isOneOf(headOf(words[from + index] ?? ''), alternatives, true));
    if (fits && !goesOn(words, to)) return { from, to, holdsValue };
  }
  const word = words[from] ?? '';
  const head = headOf(word);
  const separated = /[:=_]|\.{2,}|…/u.test(word) || /^[:=_.…-]+$/u.test(words[from + 1] ?? '');
  const label = { from, to: from + 1, holdsValue: hasValue(word) };
  if (isOneOf(head, strongLabels, true)) return separated || !goesOn(words, from + 1) ? label : null;
  if (!isOneOf(head, weakLabels, separated)) return null;
  const begins = words.slice(0, from).every((before) => !/[\p{L}\p{N}]/u.test(before));
  return separated || (begins && !goesOn(words, from + 1) && !/^\p{N}/u.test(words[from + 1] ?? '')) ? label : null;
}

/** The word up to its first colon or line, folded to letters; marks that OCR takes for letters are put right. */
function headOf(word: string): string {
  const head = word.split(/[:=_]/u, 1)[0] ?? '';
  const letters = head.normalize('NFKD').toLowerCase().replace(/0/g, 'o').replace(/[1|]/g, 'l');
  return letters
    .replace(/[^\p{L}#]/gu, '')
    .replace(/rn/g, 'm')
    .replace(/^#$/, 'no');
}

function hasValue(word: string): boolean {
  return /[:=_][^\p{L}\p{N}]*[\p{L}\p{N}]/u.test(word);
}

/** Words of their own that differ from "name" in one letter. */
const notName = new Set(['same', 'came', 'game', 'fame', 'tame', 'lame', 'dame', 'nave']);

/** One misread letter in "name" and in words of five and more, two in words of twelve and more. */
function isOneOf(head: string, alternatives: string, forgiving: boolean): boolean {
  return alternatives.split(' ').some((label) => {
    const wanted = label.replace(/rn/g, 'm');
    if (head === wanted) return true;
    if (!forgiving || notName.has(head) || (wanted.length < 5 && wanted !== 'name')) return false;
    return distance(head, wanted) <= (wanted.length >= 12 ? 2 : 1);
  });
}

function goesOn(words: readonly string[], next: number): boolean {
  const separated = /[:=_]/u.test(words[next - 1] ?? '');
  return !separated && sentenceGoesOn.has((words[next] ?? '').toLowerCase().replace(/[^\p{L}]/gu, ''));
}
