import { writeAnswer } from './make-answer.ts';
import { writeChoiceTable } from './make-choice-table.ts';
import { type Numbering, numberings, type PartNumbering, partNumberings } from './numbering.ts';
import { type Chooser, createChooser } from './seeded.ts';
import { createTypesetter, type Piece, pieces, type SetPage, sheetPage, type Typesetter } from './typesetter.ts';

export interface SheetTexts {
  answers: Array<{ question: string; answer: string }>;
}

/** A typed answer sheet whose truth is known: every word carries its owner. */
export interface MadeSheet {
  pages: SetPage[];
  /** The key's numbers. */
  numbers: string[];
  /** Texts of the questions where the key has them. */
  prompts: Record<string, string>;
  /** What makes this sheet hard, for figures by feature. */
  features: string[];
  /** Text layers of two columns may go across the page. */
  readAcross: boolean;
}

/** How this student writes. */
export interface Habit {
  numbering: Numbering;
  parts: PartNumbering;
  /** Lines of room between answers. */
  room: number;
  /** Points that the answer's lines are indented; 0 for a flush sheet. */
  indent: number;
  marks: 'none' | 'label' | 'right';
  marksText: (points: number) => string;
  prompts: 'none' | 'known' | 'unknown';
  /** Written between a copied question and its answer. */
  answerMarker: string;
  crossOut: boolean;
  features: Set<string>;
}

export interface Writer {
  random: Chooser;
  texts: SheetTexts;
  habit: Habit;
  paper: Typesetter;
  prompts: Record<string, string>;
}

const marksTexts: Array<(points: number) => string> = [
  (n) => `(${n} marks)`,
  (n) => `[${n}]`,
  (n) => `[${n} marks]`,
  (n) => `(${n}M)`,
  (n) => `(${n} pts)`,
  (n) => `(${n})`,
  (n) => `[${n} Marks]`,
];

/** Makes the sheet of `seed`. `measure`: points of a word at the font size. */
export function makeSheet(seed: number, texts: SheetTexts, measure: (word: string) => number): MadeSheet {
  const random = createChooser(seed);
  const features = new Set<string>();
  const habit = makeHabit(random, features);
  const columns = random.chance(0.07) ? 2 : 1;
  if (columns === 2) features.add('two columns');
  const paper = createTypesetter({
    measure,
    lineHeight: random.pick([14, 15, 17]),
    columns: areas(columns),
    ...makeFurniture(random),
  });
  const writer: Writer = { random, texts, habit, paper, prompts: {} };
  const kind = random.next();
  const numbers = kind < 0.18 && columns === 1 ? choiceSheet(writer) : kind < 0.38 ? partsSheet(writer) : plainSheet(writer, 1);
  return { pages: paper.pages, numbers, prompts: writer.prompts, features: [...features], readAcross: columns === 2 && random.chance(0.5) };
}

const areas = (columns: number) =>
  columns === 1
    ? [{ left: sheetPage.left, right: sheetPage.right }]
    : [
        { left: sheetPage.left, right: 288 },
        { left: 312, right: sheetPage.right },
      ];

function makeHabit(random: Chooser, features: Set<string>): Habit {
  const flag = <T extends string>(name: string, probability: number, on: () => T, off: T): T => {
    if (!random.chance(probability)) return off;
    features.add(name);
    return on();
  };
  const habit: Habit = {
    numbering: random.pick(numberings),
    parts: random.pick(partNumberings),
    room: random.chance(0.75) ? random.pick([0.5, 0.8, 1, 1.4]) : 0,
    indent: random.chance(0.45) ? random.pick([18, 26, 34]) : 0,
    marks: flag('marks', 0.22, () => random.pick(['label', 'right'] as const), 'none'),
    marksText: random.pick(marksTexts),
    prompts: flag('copied questions', 0.2, () => (random.chance(0.6) ? 'known' : 'unknown'), 'none'),
    answerMarker: random.pick(['Ans:', 'Answer:', 'Ans -', 'A:', 'Sol:', '']),
    crossOut: random.chance(0.1),
    features,
  };
  if (habit.room === 0) features.add('no room between answers');
  return habit;
}

function makeFurniture(random: Chooser) {
  const title = random.pick(['Biology Midterm', 'Computer Science Test 2', 'Physics 9B', 'Assignment 3']);
  const name = `Name: ${random.pick(['Ada Byron', 'Omar Haddad', 'Li Wei', 'Maria Silva'])}`;
  const roll = random.pick(['Roll No. 23', 'ID: 4711', 'Class 10', 'Date: 12.03.2024']);
  const runs = random.chance(0.6);
  const numbered = random.chance(0.6);
  const form = random.pick([(n: number) => `Page ${n}`, (n: number) => `${n}`, (n: number) => `- ${n} -`, (n: number) => `Page ${n} of 3`]);
  return {
    header: (page: number): Piece[][] =>
      page === 1 || runs ? [pieces(title, 'paper'), ...(page === 1 || random.chance(0.7) ? [pieces(`${name} ${roll}`, 'paper')] : [])] : [],
    footer: (page: number): Piece[][] => (numbered ? [pieces(form(page), 'paper')] : []),
  };
}

/** Questions `from`… in the key's order; now and then one is left out, only numbered, or written out of order. */
function plainSheet(writer: Writer, from: number): string[] {
  const { random, habit, paper } = writer;
  const count = random.between(3, 10);
  const numbers = Array.from({ length: count }, (_, i) => String(from + i));
  const sections = count >= 6 && random.chance(0.12);
  if (sections) habit.features.add('sections');
  const middle = numbers[count >> 1];
  const lost = random.chance(0.025) ? random.pick(numbers.slice(1)) : null;
  if (lost) habit.features.add('number left out');
  for (const number of outOfOrder(writer, numbers)) {
    if (sections && (number === numbers[0] || number === middle))
      writeHeading(writer, `${random.pick(['Section', 'SECTION', 'Part'])} ${number === middle ? 'B' : 'A'}`);
    if (random.chance(0.06)) continue;
    if (random.chance(0.03)) paper.breakPage();
    writeAnswer(writer, number, number === lost ? [] : labelPieces(writer, number), { own: habit.numbering.own ?? false });
  }
  return numbers;
}

function writeHeading({ paper, random }: Writer, text: string): void {
  paper.room(0.6);
  const words = pieces(text, 'paper');
  if (random.chance(0.5)) paper.write(words);
  else paper.writeRow([{ pieces: words, x: 200 }]);
  paper.room(0.4);
}

function outOfOrder({ random, habit }: Writer, numbers: string[]): string[] {
  if (!random.chance(0.1)) return numbers;
  habit.features.add('out of order');
  const order = [...numbers];
  for (let swaps = random.between(1, 2); swaps > 0; swaps--) {
    const [moved] = order.splice(random.between(0, order.length - 1), 1);
    if (moved !== undefined) order.splice(random.between(0, order.length), 0, moved);
  }
  return order;
}

/** The number as this student writes it; on some sheets a wrong one stands crossed out before it. */
function labelPieces({ random, habit }: Writer, number: string): Piece[] {
  const label = pieces(habit.numbering.write(number), 'paper');
  if (!habit.crossOut || !random.chance(0.3)) return label;
  habit.features.add('crossed-out numbers');
  const wrong = String(Math.max(1, Number(number) + random.pick([-1, 1, 2])));
  const before = random.next();
  if (before < 0.7) return [...pieces(habit.numbering.write(wrong), 'paper').map((piece) => ({ ...piece, struck: true })), ...label];
  return [{ text: random.pick(['X', '~', '/', 'xx', '—', '*']), owner: 'paper' }, ...label];
}

/** Questions with parts. */
function partsSheet(writer: Writer): string[] {
  const { random, habit, paper } = writer;
  habit.features.add('parts');
  const roman = random.chance(0.25);
  const names = roman ? ['i', 'ii', 'iii', 'iv'] : ['a', 'b', 'c', 'd'];
  const questions = Array.from({ length: random.between(2, 5) }, (_, i) => ({
    n: String(i + 1),
    parts: random.chance(0.75) ? names.slice(0, random.between(2, 4)) : [],
  }));
  const numbers = questions.flatMap(({ n, parts }) => (parts.length === 0 ? [n] : parts.map((part) => `${n}(${part})`)));
  const { parts: style } = habit;
  for (const { n, parts } of questions) {
    const heading = style.name.startsWith('Q') ? (style.name.startsWith('Question') ? `Question ${n}` : `Q${n}.`) : `${n}.`;
    if (parts.length === 0) writeAnswer(writer, n, pieces(heading, 'paper'), {});
    else if (style.below) paper.write(pieces(heading, 'paper'));
    let first = true;
    for (const part of parts) {
      if (random.chance(0.06)) continue;
      const label = first ? style.first(n, part) : style.later(n, part);
      writeAnswer(writer, `${n}(${part})`, pieces(label, 'paper'), { part: true });
      first = false;
    }
  }
  return numbers;
}

/** A table of choices, mostly with written answers below it. */
function choiceSheet(writer: Writer): string[] {
  const count = writer.random.pick([5, 6, 8, 10, 12, 15, 20]);
  const numbers = writeChoiceTable(writer, count);
  if (!writer.random.chance(0.7)) return numbers;
  writer.paper.room(1);
  return [...numbers, ...plainSheet(writer, count + 1)];
}
