import { type PageRect, pixelsOf } from '../pages/ink.ts';
import type { PagePixels } from '../pages/pixels.ts';
import type { PlacedLines, PlacedWord } from '../words/page-words.ts';
import { isOffPage } from './judge-text-layer.ts';
import type { LayerCharacter } from './page-layer.ts';

/** Levels between the darkest and the brightest pixel under a word from which on a person can see it. */
const visibleContrast = 16;

/**
 * Words of a trusted layer with their boxes in the picture's pixels. What nobody can see on the page (invisible, white on white,
 * off the page) is left out even where most of the layer is good: it would be a way to tell the grader what no reader is told.
 * `page` is the page picture.
 */
export function layerWords(characters: readonly LayerCharacter[], page: PagePixels): PlacedLines {
  return splitLines(characters)
    .map((line) => line.map((word) => placeWord(word, page)).filter((word) => word !== null))
    .filter((line) => line.length > 0);
}

/** Characters by line and word. PDFium tells line ends; after a hyphen at a line's end it goes on without one. */
function splitLines(characters: readonly LayerCharacter[]): LayerCharacter[][][] {
  const lines: LayerCharacter[][][] = [];
  let line: LayerCharacter[][] = [];
  let word: LayerCharacter[] = [];
  const endWord = () => {
    if (word.length > 0) line.push(word);
    word = [];
  };
  const endLine = () => {
    endWord();
    if (line.length > 0) lines.push(line);
    line = [];
  };
  for (const character of characters) {
    if (/[\r\n]/.test(character.text)) endLine();
    else if (character.text.trim() === '' || character.text === '\0') endWord();
    else {
      word.push(character);
      if (character.hyphen) endLine();
    }
  }
  endLine();
  return lines;
}

function placeWord(characters: readonly LayerCharacter[], page: PagePixels): PlacedWord | null {
  const shown = characters.filter((character) => !character.hidden && !isOffPage(character));
  const rects = shown.flatMap(({ rect }) => (rect ? [rect] : []));
  if (rects.length === 0 || shown.length < characters.length / 2) return null;
  const area = pixelsOf(unite(rects), page, 0);
  if (!area || contrast(page, area) < visibleContrast) return null;
  return {
    text: shown.map(plainText).join(''),
    confidence: 1,
    box: [area.left, area.top, area.right - area.left, area.bottom - area.top],
  };
}

/** Ligatures opened, so that words compare; a hyphen written as one. */
function plainText({ text, hyphen }: LayerCharacter): string {
  if (hyphen || text === '\u0002' || text === '\u{fffe}') return '-';
  return text.replace(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize('NFKC'));
}

function unite(rects: readonly PageRect[]): PageRect {
  return {
    left: Math.min(...rects.map((rect) => rect.left)),
    top: Math.min(...rects.map((rect) => rect.top)),
    right: Math.max(...rects.map((rect) => rect.right)),
    bottom: Math.max(...rects.map((rect) => rect.bottom)),
  };
}

/** Largest difference in any colour channel between two pixels of the area. */
function contrast({ data, width, channels }: PagePixels, area: { left: number; top: number; right: number; bottom: number }): number {
  let most = 0;
  for (const channel of [0, 1, 2].slice(0, channels)) {
    let darkest = 255;
    let brightest = 0;
    for (let y = area.top; y < area.bottom; y += 1)
      for (let x = area.left; x < area.right; x += 1) {
        const value = data[(y * width + x) * channels + channel] ?? 255;
        if (value < darkest) darkest = value;
        if (value > brightest) brightest = value;
      }
    most = Math.max(most, brightest - darkest);
  }
  return most;
}
