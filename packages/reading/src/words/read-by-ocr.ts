import { createHash } from 'node:crypto';
import type { PageDoubt } from '@gradeflow/contracts';
import { findInk, type InkMap, inkLongSide } from '../pages/ink.ts';
import { type PagePixels, shrinkGrey } from '../pages/pixels.ts';
import { measureSharpness } from '../straighten/sharpness.ts';
import { straightenPage } from '../straighten/straighten-page.ts';
import { blankBelowInk } from '../text-layer/judge-text-layer.ts';
import type { GreyImage, KnownPage, OcrEngine } from '../types.ts';
import { addBlanks } from './add-blanks.ts';
import { assessPage, type PageAssessment, type PageEvidence } from './assess-page.ts';
import { dropBorders, dropFlatWords } from './drop-marks.ts';
import { joinSplitLines, orderDownwards } from './join-split-lines.ts';
import type { PlacedLines } from './page-words.ts';
import { choosePreparations, hasTinyLetters, type Preparation, prepareAgain } from './prepare-again.ts';
import { readLostInk } from './read-lost-ink.ts';
import { makeOcrCopy, recognisePage } from './recognise-page.ts';
import { setAsideScrawls } from './set-aside-scrawls.ts';
import { expectedRight, withMeaning } from './word-confidence.ts';

export interface OcrPage {
  /** The page as it was read: turned and straightened. */
  pixels: PagePixels;
  turned: number;
  engine: string;
  lines: PlacedLines;
  confidence: number;
  doubts: PageDoubt[];
  contentHash: string | null;
}

export interface ReadByOcrDeps {
  engine: () => Promise<OcrEngine>;
  languages: readonly string[];
  /** An earlier reading of the same pixels by the same engine in the same languages; null when there is none. */
  findKnown: (contentHash: string) => Promise<KnownPage | null>;
}

/** Ink below this share of the page is dust: about fifty pixels of A4 at 72 dpi, less than one written letter. */
const dustBelowInk = 0.0001;
/** A word that counts as read on an almost blank page. */
const surelyRead = 0.5;

/** Pixels → straight page → words. Almost blank pages are read too, since a single letter can be an answer; they are blank when nothing can be read for sure. */
export async function readByOcr(deps: ReadByOcrDeps, source: PagePixels): Promise<OcrPage> {
  const blank = { pixels: source, turned: 0, engine: 'blank', lines: [], confidence: 1, doubts: [], contentHash: null };
  const asItLies = await makeOcrCopy(source);
  const first = await inkOf(asItLies);
  if (first.share < dustBelowInk) return blank;
  const engine = await deps.engine();
  const { pixels, copy, turned, photo } = await straightenPage(source, asItLies, { engine });
  const page = { pixels, turned, engine: engine.name, contentHash: hashOf(copy, pixels, engine) };
  const known = await deps.findKnown(page.contentHash);
  if (known) return { ...page, ...known };
  const ink = copy === asItLies ? first : await inkOf(copy);
  const circumstances = {
    width: pixels.width,
    height: pixels.height,
    languages: deps.languages,
    sharpness: () => measureSharpness(copy),
    photo,
  };
  const best = withoutScrawls(await readWell(engine, { copy, ink }, circumstances), circumstances);
  const sure = best.lines.flat().some((word) => word.confidence >= surelyRead && /[\p{L}\p{N}]/u.test(word.text));
  if (best.ink.share < blankBelowInk && !sure) return { ...blank, pixels, turned };
  return { ...page, lines: addBlanks(best.lines, best.ink, pixels), confidence: best.confidence, doubts: best.doubts };
}

interface Reading extends PageAssessment {
  lines: PlacedLines;
  ink: InkMap;
  /** Places with text of which nothing could be made. */
  unread: number;
}

/** A copy that is read, with the ink on it. */
interface InkedCopy {
  copy: GreyImage;
  ink: InkMap;
}

type Circumstances = Pick<PageEvidence, 'width' | 'height' | 'languages' | 'sharpness' | 'photo'>;

/** A page without doubts is read again too when more of what was read is expected to be wrong than this and its letters are small. */
const wellRead = 0.95;

/**
 * Reads a copy, enlarged when its letters are tiny, and where the outcome is doubted reads it again as it was prepared otherwise, twice at most; the reading counts with the most
 * characters that are expected to be right. Handwriting is read once: no preparation helps it.
 */
async function readWell(engine: OcrEngine, asItIs: InkedCopy, page: Circumstances): Promise<Reading> {
  const tiny = hasTinyLetters(asItIs.copy, asItIs.ink);
  const { copy, ink } = tiny ? await prepare(asItIs.copy, 'enlarged') : asItIs;
  let best = await readOnce(engine, { copy, ink }, page);
  const doubted = best.doubts.length > 0;
  if (best.ink.share < blankBelowInk || best.doubts.includes('HANDWRITING')) return best;
  if (!doubted && expectedRight(best.lines.flat()) >= wellRead) return best;
  const choice = choosePreparations(copy, best.ink).filter((preparation) => !(tiny && preparation === 'enlarged'));
  for (const preparation of doubted ? choice : choice.slice(0, 1).filter((first) => first === 'enlarged')) {
    const other = await readOnce(engine, await prepare(copy, preparation), page);
    if (rightMinusWrong(other.lines) > rightMinusWrong(best.lines)) best = other;
    if (best.doubts.length === 0) break;
  }
  return best;
}

async function prepare(copy: GreyImage, preparation: Preparation): Promise<InkedCopy> {
  const prepared = await prepareAgain(copy, preparation);
  return { copy: prepared, ink: await inkOf(prepared) };
}

/** Expected right characters less the wrong ones, so that guesses at a signature make no reading better. */
function rightMinusWrong(lines: PlacedLines): number {
  return lines.flat().reduce((sum, { text, confidence }) => sum + text.length * (2 * confidence - 1), 0);
}

/** Words with probabilities, those that the engine passed over in one go included. Boxes are in pixels of the page's picture. */
async function readOnce(engine: OcrEngine, { copy, ink }: InkedCopy, page: Circumstances): Promise<Reading> {
  const { width, height } = page;
  const read = withMeaning(await recognisePage(engine, copy, page));
  const asRead = orderDownwards(joinSplitLines(dropBorders(dropFlatWords(read), ink, page)));
  const { lines, unread } = await readLostInk(engine, { copy, ink, width, height }, asRead);
  return { lines, ink, unread, ...assessPage(lines, { ...page, ink, unread }) };
}

/** Signatures and scribbles are no words but writing that was not read: the page is doubted for them. No preparation helps, so it is not read again. */
function withoutScrawls(reading: Reading, page: Circumstances): Reading {
  const { lines, scrawls } = setAsideScrawls(reading.lines, page.languages);
  if (scrawls.length === 0) return reading;
  const unread = reading.unread + scrawls.length;
  return { lines, ink: reading.ink, unread, ...assessPage(lines, { ...page, ink: reading.ink, unread }) };
}

async function inkOf(copy: GreyImage) {
  return findInk(await shrinkGrey(copy, Math.min(1, inkLongSide / Math.max(copy.width, copy.height))));
}

/** To be raised when pages are to be read again because their words come out better: what was read before is found by hash. */
const readingVersion = 5;

/** The engine's name holds its version, languages and data; words stand in pixels of the picture, so its size counts too. */
function hashOf({ width, height, data }: GreyImage, picture: PagePixels, engine: OcrEngine): string {
  const circumstances = [readingVersion, engine.name, `${width}x${height}`, `${picture.width}x${picture.height}`];
  return createHash('sha256')
    .update(`${circumstances.join('\0')}\0`)
    .update(data)
    .digest('hex');
}
