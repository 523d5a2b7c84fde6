/**
 * To whom a word belongs in truth: `answer` of a number; `paper` (labels, marks, copied questions, headers: in no answer); `free`
 * (nobody minds: it cannot be told).
 */
export type Owner = { answer: string } | 'paper' | 'free';

export interface Piece {
  text: string;
  owner: Owner;
  /** Crossed out with a line. */
  struck?: boolean;
}

export interface SetWord extends Piece {
  x: number;
  /** Base line, from the top. */
  y: number;
  width: number;
  /** Row in which it was set, over the whole sheet. */
  row: number;
}

export interface SetPage {
  words: SetWord[];
}

/** Points. */
export const sheetPage = { width: 595, height: 842, left: 56, right: 545, top: 70, bottom: 775 };
export const fontSize = 11;

export interface Area {
  left: number;
  right: number;
}

export interface Typesetter {
  pages: SetPage[];
  /** Sets words in lines from `from`, wrapped lines from `hang` (points right of the area's left edge); ends its last line. */
  write(pieces: Piece[], place?: { from?: number; hang?: number }): void;
  /** Words at given places of one row, without wrapping; `right` aligns the last one's end with the right edge. */
  writeRow(cells: Array<{ pieces: Piece[]; x: number; right?: boolean }>): void;
  /** Leaves room, in lines. */
  room(lines: number): void;
  /** Begins a new page (or column, on a page of two). */
  breakPage(): void;
  linesLeft(): number;
}

/** Sets words on A4 pages: wraps, breaks pages, and prints `header` and `footer` on each. `measure`: points of a word at the font size. */
export function createTypesetter(deps: {
  measure: (word: string) => number;
  lineHeight: number;
  columns: Area[];
  header: (page: number) => Piece[][];
  footer: (page: number) => Piece[][];
}): Typesetter {
  const { measure, lineHeight, columns } = deps;
  const pages: SetPage[] = [];
  const space = measure('n') * 0.55;
  let column = columns.length;
  let y = 0;
  let row = 0;

  const put = (pieces: Piece[], x: number, baseline: number) => {
    let at = x;
    for (const piece of pieces) {
      const width = measure(piece.text);
      pages.at(-1)?.words.push({ ...piece, x: at, y: baseline, width, row });
      at += width + space;
    }
    return at - space;
  };
  const breakPage = () => {
    column++;
    if (column >= columns.length) {
      column = 0;
      pages.push({ words: [] });
      deps.header(pages.length).forEach((pieces, i) => {
        put(pieces, sheetPage.left, 36 + i * 15);
        row++;
      });
      deps.footer(pages.length).forEach((pieces, i) => {
        put(pieces, sheetPage.width / 2 - 40, 812 + i * 14);
        row++;
      });
    }
    y = sheetPage.top;
  };
  const area = () => columns[column] ?? sheetPage;
  const advance = () => {
    y += lineHeight;
    row++;
    if (y > sheetPage.bottom) breakPage();
  };
  const write: Typesetter['write'] = (pieces, place = {}) => {
    const { from = 0 } = place;
    const { hang = from } = place;
    let line: Piece[] = [];
    let x = area().left + from;
    let used = x;
    for (const piece of pieces) {
      const width = measure(piece.text);
      if (line.length > 0 && used + width > area().right) {
        put(line, x, y);
        advance();
        line = [];
        x = area().left + hang;
        used = x;
      }
      line.push(piece);
      used += width + space;
    }
    if (line.length > 0) {
      put(line, x, y);
      advance();
    }
  };
  const writeRow: Typesetter['writeRow'] = (cells) => {
    for (const { pieces, x, right } of cells) {
      const width = pieces.reduce((sum, piece) => sum + measure(piece.text) + space, -space);
      put(pieces, right ? area().right - width : area().left + x, y);
    }
    advance();
  };
  breakPage();
  return {
    pages,
    write,
    writeRow,
    breakPage,
    room: (lines) => {
      y += lines * lineHeight;
      if (y > sheetPage.bottom) breakPage();
    },
    linesLeft: () => Math.floor((sheetPage.bottom - y) / lineHeight),
  };
}

/** The words of `text`, all of one owner. */
export const pieces = (text: string, owner: Owner): Piece[] =>
  text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => ({ text: word, owner }));
