import type { PageReading } from '@gradeflow/contracts';
import { makePages } from '../../segmentation/sheet-maker.ts';
import { type PartStyle, partName } from '../paper-labels.ts';

/** How a made paper is written. */
export interface PaperHabit {
  number: (n: number) => string;
  part: PartStyle;
  closing: (name: string) => string;
  /** Where marks stand: in a column at the right, in brackets behind the text, or in the section's line alone. */
  marks: 'column' | 'square' | 'words' | 'section';
}

export interface MadePaper {
  pages: PageReading[];
  /** Marks by number, in order. */
  truth: Map<string, number>;
  /** What can be reached. */
  total: number;
}

const sentences = [
  'Define the term and give one example of its use.',
  'Explain how a hash table handles two keys with the same value.',
  'What are the differences between a stack and a queue?',
  'State the second law and derive it for an ideal gas.',
  'Describe with a sketch how water rises in a narrow tube.',
  'Write a short note on the causes of the 1848 uprising.',
  'Calculate the force on a plate of 2.5 m in a flow of 3 m/s.',
];
/** Characters before the marks column. */
const marksColumn = 82;

/** A paper with two sections: short questions in the first, questions of parts in the second, of which some may be chosen. For tests. */
export function makePaper(habit: PaperHabit, seed: number): MadePaper {
  const truth = new Map<string, number>();
  const short = 4 + (seed % 3);
  const long = 3 + (seed % 4);
  const chosen = 2 + (seed % 2);
  const each = 10;
  const lines = [
    'ST. MARY COLLEGE OF SCIENCE',
    'B.SC / CS-302 / 2023-24',
    `Full Marks: ${short * 2 + chosen * each}      Time: 3 Hours`,
    '',
  ];
  lines.push('                    GROUP - A', '', withMarks('Answer all questions', `${short}x2=${short * 2}`), '');
  let n = 0;
  for (let i = 0; i < short; i += 1) {
    n += 1;
    lines.push(write(habit, habit.number(n), sentence(seed + n), habit.marks === 'section' ? null : '2'));
    truth.set(String(n), 2);
  }
  lines.push(
    '',
    '                    GROUP - B',
    '',
    withMarks(`Answer any ${words[chosen]} questions`, `${chosen}x${each}=${chosen * each}`),
    '',
  );
  for (let i = 0; i < long; i += 1) {
    n += 1;
    const marks = (seed + i) % 2 === 0 ? ['4', '6'] : ['2+1', '5', '2'];
    marks.forEach((mark, part) => {
      const name = partName(habit.part, part + 1);
      const label = `${part === 0 ? habit.number(n) : ' '.repeat(habit.number(n).length)}  ${habit.closing(name)}`;
      lines.push(write(habit, label, sentence(seed + n + part), mark));
      if ((seed + part) % 3 === 0) lines.push(`        and say in which cases this does not hold.`);
      truth.set(
        `${n}(${name})`,
        mark.split('+').reduce((sum, value) => sum + Number(value), 0),
      );
    });
    lines.push('');
  }
  return { pages: makePages(lines.join('\n')), truth, total: short * 2 + chosen * each };
}

const words = ['', 'one', 'two', 'three', 'four'];
const sentence = (at: number): string => sentences[at % sentences.length] ?? '';
const withMarks = (text: string, marks: string): string => `${text.padEnd(marksColumn)}${marks}`;

function write(habit: PaperHabit, label: string, text: string, mark: string | null): string {
  const line = `${label} ${text}`;
  if (mark === null) return line;
  if (habit.marks === 'square') return `${line} [${mark}]`;
  if (habit.marks === 'words') return `${line} (${mark} marks)`;
  return withMarks(line, mark);
}
