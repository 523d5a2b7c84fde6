import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type QuestionInput, QuestionList } from '@gradeflow/contracts';

/** One sheet of the demo exam: what is on the paper, and the marks that it must get. */
export interface DemoSheet {
  file: string;
  lines: string[];
  /** Marks by question number. */
  expected: Record<string, number>;
}

/**
 * The demo exam's two answer sheets; both people are invented. The first has a wrong answer (4) and half an answer (5); the second
 * answers out of order, forgets a unit (2), names one material only (1) and leaves 5 out.
 */
export const demoSheets: readonly DemoSheet[] = [
  {
    file: 'sheet-1.pdf',
    lines: [
      'Science check                                        Class 8b',
      'Name: Mira Holt                                Date: 14 March',
      '',
      '1. Green plants make their food by photosynthesis. The leaves',
      '   catch sunlight and use its energy to turn carbon dioxide from',
      '   the air and water from the soil into sugar. Oxygen is given',
      '   off to the air.',
      '',
      '2. speed = distance / time = 75 km/h',
      '',
      '3. C (Jupiter)',
      '',
      '4. False',
      '',
      '5. You can put oil between the parts that rub against each other.',
      '',
      '6. a) 12 N',
      '   b) I used the second law of Newton, force is mass times',
      '      acceleration.',
    ],
    expected: { '1': 3, '2': 2, '3': 1, '4': 0, '5': 1, '6(a)': 2, '6(b)': 1 },
  },
  {
    file: 'sheet-2.pdf',
    lines: [
      'Science check                                        Class 8b',
      'Name: Jonas Pell                               Date: 14 March',
      '',
      'Q3. Jupiter',
      '',
      'Q4. True',
      '',
      'Q1. The plant needs sunlight to grow. It takes up water with the',
      '    roots and makes sugar and oxygen in the green leaves.',
      '',
      'Q2. 75',
      '',
      'Q6. (a) 12 N',
      '    (b) It was found by Newton.',
    ],
    expected: { '1': 2.5, '2': 1, '3': 1, '4': 1, '5': 0, '6(a)': 2, '6(b)': 1 },
  },
];

/** Where the sheets and the key are. */
export function demoAsset(name: string): string {
  return fileURLToPath(new URL(`../../assets/demo/${name}`, import.meta.url));
}

/** The demo exam's answer key, checked. */
export async function readDemoKey(): Promise<QuestionInput[]> {
  return QuestionList.parse(JSON.parse(await readFile(demoAsset('key.json'), 'utf8')));
}
