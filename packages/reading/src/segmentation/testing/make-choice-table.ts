import type { Writer } from './make-sheet.ts';
import { pieces } from './typesetter.ts';

/** Writes a table of `count` chosen options in one of the usual forms and returns its numbers. */
export function writeChoiceTable(writer: Writer, count: number): string[] {
  const { random, habit } = writer;
  const numbers = Array.from({ length: count }, (_, i) => String(i + 1));
  const form = random.pick(['grid', 'row', 'columns', 'list'] as const);
  habit.features.add(`choices: ${form}`);
  const options = random.pick([
    ['A', 'B', 'C', 'D'],
    ['a', 'b', 'c', 'd'],
    ['True', 'False'],
    ['T', 'F'],
    ['(a)', '(b)', '(c)', '(d)'],
  ]);
  const chosen = new Map(numbers.map((number) => [number, random.chance(0.05) ? '' : random.pick(options)]));
  if (form === 'grid') writeGrid(writer, numbers, chosen);
  else if (form === 'row') writeRows(writer, numbers, chosen);
  else if (form === 'columns') writeColumns(writer, numbers, chosen);
  else
    for (const [number, choice] of chosen)
      writer.paper.write([...pieces(entryStyle(writer)(number), 'paper'), ...pieces(choice, { answer: number })]);
  return numbers;
}

/** One form of entry for the whole table. */
function entryStyle({ habit }: Writer): (n: string) => string {
  const plain = /^[[(]?n/.test(habit.numbering.name);
  return plain ? habit.numbering.write : (n) => `${n}.`;
}

function writeGrid({ random, paper }: Writer, numbers: string[], chosen: Map<string, string>): void {
  const perBlock = Math.min(numbers.length, random.pick([5, 8, 10]));
  const heads = random.chance(0.6)
    ? random.pick([
        ['Q', 'Ans'],
        ['Question', 'Answer'],
        ['No.', 'Answer'],
        ['Q. No.', 'Ans.'],
      ])
    : ['', ''];
  const width = Math.min(46, 400 / perBlock);
  for (let from = 0; from < numbers.length; from += perBlock) {
    const block = numbers.slice(from, from + perBlock);
    const x = (i: number) => 70 + i * width;
    paper.writeRow([
      { pieces: pieces(heads[0] ?? '', 'free'), x: 0 },
      ...block.map((number, i) => ({ pieces: pieces(number, 'paper'), x: x(i) })),
    ]);
    paper.room(0.3);
    paper.writeRow([
      { pieces: pieces(heads[1] ?? '', 'free'), x: 0 },
      ...block.map((number, i) => ({ pieces: pieces(chosen.get(number) ?? '', { answer: number }), x: x(i) - 2 })),
    ]);
    paper.room(0.8);
  }
}

function writeRows(writer: Writer, numbers: string[], chosen: Map<string, string>): void {
  const style = entryStyle(writer);
  const joined = writer.random.chance(0.3) && !/^n?$|^n$| /.test(style('n'));
  const perRow = writer.random.pick([4, 5, 6]);
  for (let from = 0; from < numbers.length; from += perRow)
    writer.paper.write(
      numbers.slice(from, from + perRow).flatMap((number) => {
        const choice = chosen.get(number) ?? '';
        return joined && choice
          ? pieces(style(number) + choice, { answer: number })
          : [...pieces(style(number), 'paper'), ...pieces(choice, { answer: number })];
      }),
    );
}

function writeColumns(writer: Writer, numbers: string[], chosen: Map<string, string>): void {
  const style = entryStyle(writer);
  const columns = writer.random.pick([2, 2, 3]);
  const rows = Math.ceil(numbers.length / columns);
  const across = writer.random.chance(0.25);
  for (let row = 0; row < rows; row++)
    writer.paper.writeRow(
      Array.from({ length: columns }, (_, column) => {
        const number = numbers[across ? row * columns + column : column * rows + row];
        const words = number ? [...pieces(style(number), 'paper'), ...pieces(chosen.get(number) ?? '', { answer: number })] : [];
        return { pieces: words, x: column * 150 };
      }),
    );
}
