import { describe, expect, it } from '@jest/globals';
import { joinSplitLines, orderDownwards } from './join-split-lines.ts';
import type { PlacedLines, PlacedWord } from './page-words.ts';

const letterPx = 10;

/** Words of a line of 20 px height from a place on, ten pixels a letter. */
function line(text: string, left: number, top: number): PlacedWord[] {
  let x = left;
  return text.split(' ').map((word) => {
    const placed: PlacedWord = { text: word, confidence: 0.9, box: [x, top, word.length * letterPx, 20] };
    x += (word.length + 1) * letterPx;
    return placed;
  });
}

const textOf = (lines: PlacedLines) => lines.map((words) => words.map(({ text }) => text).join(' '));

describe('lines that the engine took apart', () => {
  it('are put together, whichever part came first, though they rise', () => {
    const read = [
      line('When we came it was dark.', 320, 94),
      line('Nobody knew why.', 380, 126),
      line('Thirty people left that day.', 10, 100),
      line('The reason was simple but hidden.', 10, 130),
      line('Later on there were ten.', 10, 160),
    ];
    expect(textOf(joinSplitLines(read))).toEqual([
      'Thirty people left that day. When we came it was dark.',
      'The reason was simple but hidden. Nobody knew why.',
      'Later on there were ten.',
    ]);
  });

  it('are no columns and no rows of a table: what begins below each other stays', () => {
    const columns = [0, 30, 60, 90].flatMap((top) => [line('One line', 10, top)]);
    const beside = [0, 30, 60, 90].flatMap((top) => [line('Other', 120, top)]);
    expect(joinSplitLines([...columns, ...beside])).toEqual([...columns, ...beside]);
    expect(joinSplitLines([...beside, ...columns])).toEqual([...beside, ...columns]);
  });

  it('are near each other and at one height; a part that follows stays a line of its own', () => {
    const apart = [line('far away', 400, 0), line('another row', 130, 25), line('Some words', 10, 0)];
    expect(joinSplitLines(apart)).toEqual(apart);
    const following = [line('Some words', 10, 0), line('go on', 130, 0)];
    expect(joinSplitLines(following)).toEqual(following);
  });
});

describe('lines that the engine named out of order', () => {
  it('go behind the line above them; columns and lines beside each other stay as they were read', () => {
    const first = line('The first of the lines', 10, 0);
    const second = line('the second of them', 10, 26);
    const third = line('and the third', 40, 52);
    expect(orderDownwards([third, first, second])).toEqual([first, second, third]);
    expect(orderDownwards([second, third, first])).toEqual([first, second, third]);
    const columns = [first, second, line('The other column', 400, 0), line('goes on here', 400, 26)];
    expect(orderDownwards(columns)).toEqual(columns);
    const sloping = [line('rising to the right', 10, 8), line('and beside it', 60, 0)];
    expect(orderDownwards(sloping)).toEqual(sloping);
  });
});
