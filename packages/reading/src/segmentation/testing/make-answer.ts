import type { Writer } from './make-sheet.ts';
import { type Piece, pieces } from './typesetter.ts';

const indentOf = (writer: Writer) => writer.habit.indent;

/** One answer with its label: copied question, marks, lists, figures, and page breaks in the middle as the sheet's habit has them. */
export function writeAnswer(writer: Writer, number: string, label: Piece[], how: { own?: boolean; part?: boolean }): void {
  const { random, habit, paper, texts } = writer;
  const { question, answer } = random.pick(texts.answers);
  const own = { answer: number };
  const mark = markPieces(writer);
  const hang = indentOf(writer);
  if (habit.prompts === 'known') writer.prompts[number] = question;
  const head = [...label, ...(habit.marks === 'label' ? mark : [])];
  if (random.chance(0.035) && label.length > 0 && !how.part) {
    habit.features.add('number alone');
    paper.write(head);
    paper.room(habit.room);
    return;
  }
  const blocks = answerBlocks(writer, answer).map((text) => pieces(text, own));
  if (habit.prompts !== 'none' && label.length > 0) writeWithPrompt(writer, head, question, mark, blocks[0] ?? []);
  else if (how.own || label.length === 0 || (habit.marks === 'right' && random.chance(0.5))) {
    if (label.length > 0) writeHead(writer, head, mark);
    paper.write(blocks[0] ?? [], { from: label.length > 0 ? hang : 0 });
  } else paper.write([...head, ...(blocks[0] ?? [])], { hang });
  blocks.slice(1).forEach((block, i) => {
    if (i === 0) maybeTurnOver(writer, number);
    paper.write(block, { from: random.chance(0.5) ? hang : hang + 14, hang });
  });
  paper.room(habit.room);
}

function markPieces({ random, habit }: Writer): Piece[] {
  return habit.marks === 'none' ? [] : pieces(habit.marksText(random.between(1, 9)), 'paper');
}

/** A label on its own line, its marks at the right edge. */
function writeHead({ habit, paper }: Writer, head: Piece[], mark: Piece[]): void {
  if (habit.marks !== 'right') paper.write(head);
  else
    paper.writeRow([
      { pieces: head, x: 0 },
      { pieces: mark, x: 0, right: true },
    ]);
}

function writeWithPrompt(writer: Writer, head: Piece[], question: string, mark: Piece[], block: Piece[]): void {
  const { habit, paper } = writer;
  const marker = pieces(habit.answerMarker, 'paper');
  // Without a marker and without the key's text nobody can tell the question from the answer.
  const told = habit.prompts === 'known' || marker.length > 0;
  const prompt = pieces(question, told ? 'paper' : 'free');
  paper.write(
    [...head, ...prompt, ...(habit.marks === 'right' ? mark.map((piece) => (told ? piece : { ...piece, owner: 'free' as const })) : [])],
    {
      hang: habit.indent,
    },
  );
  paper.write([...marker, ...block], { from: habit.indent });
}

/** In the middle of some answers the page is turned. */
function maybeTurnOver({ random, habit, paper }: Writer, number: string): void {
  if (!random.chance(0.12)) return;
  habit.features.add('over a page break');
  if (random.chance(0.6)) {
    const text = random.pick(['P.T.O.', 'PTO', 'contd. on next page', 'continued on next page', 'Turn over', '(continued...)']);
    paper.writeRow([{ pieces: pieces(text, 'paper'), x: 0, right: true }]);
  }
  paper.breakPage();
  if (!random.chance(0.4) || /\D/.test(number)) return;
  habit.features.add('continued');
  const label = habit.numbering.write(number).replace(/\s*[-=>:.]+$/, '');
  paper.write(pieces(random.pick([`${label} contd.`, `${label} (continued)`, `${label} (cont'd)`, `${label} continued:`]), 'paper'));
}

/** The answer in blocks: its text, and on some lists, years, decimals or sums behind it. */
function answerBlocks({ random, texts }: Writer, answer: string): string[] {
  const words = answer.split(/\s+/).slice(0, random.pick([12, 25, 40, 70]));
  const blocks = [words.join(' ')];
  const more = () => random.pick(texts.answers).answer.split(/\s+/).slice(0, random.between(4, 14)).join(' ');
  const kind = random.next();
  if (kind < 0.16) {
    const write = random.pick([(i: number) => `${i}.`, (i: number) => `${i})`, (i: number) => `(${i})`, (i: number) => `${i}`]);
    for (let i = 1; i <= random.between(2, 5); i++) blocks.push(`${write(i)} ${more()}`);
  } else if (kind < 0.22) blocks.push(`${random.between(1, 9)}.${random.between(10, 99)} seconds ${more()}`);
  else if (kind < 0.28) blocks.push(`${random.between(1, 9)} of them ${more()}`);
  else if (kind < 0.33) blocks.push(`19${random.between(10, 99)} was the year ${more()}`);
  else if (kind < 0.38) blocks.push(`${random.between(1, 9)} = ${random.between(1, 9)}x + ${random.between(1, 9)}`);
  else if (kind < 0.55) blocks.push(more());
  return blocks;
}
