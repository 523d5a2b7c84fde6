import { createHash } from 'node:crypto';
import type { PageDoubt } from '@gradeflow/contracts';
import { findInk, inkLongSide } from '../pages/ink.ts';
import { type PagePixels, shrinkGrey } from '../pages/pixels.ts';
import { straightenPage } from '../straighten/straighten-page.ts';
import { blankBelowInk } from '../text-layer/judge-text-layer.ts';
import type { GreyImage, KnownPage, OcrEngine } from '../types.ts';
import { assessPage } from './assess-page.ts';
import type { PlacedLines } from './page-words.ts';
import { makeOcrCopy, recognisePage } from './recognise-page.ts';

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
  const first = await inkOf(await makeOcrCopy(source));
  if (first.share < dustBelowInk) return blank;
  const engine = await deps.engine();
  const { pixels, turned } = await straightenPage(source, { engine });
  const copy = await makeOcrCopy(pixels);
  const page = { pixels, turned, engine: engine.name, contentHash: hashOf(copy, engine) };
  const known = await deps.findKnown(page.contentHash);
  if (known) return { ...page, ...known };
  const lines = await recognisePage(engine, copy, pixels);
  const ink = await inkOf(copy);
  const sure = lines.flat().some((word) => word.confidence >= surelyRead && /[\p{L}\p{N}]/u.test(word.text));
  if (ink.share < blankBelowInk && !sure) return { ...blank, pixels, turned };
  return { ...page, lines, ...assessPage(lines, { ink, width: pixels.width, height: pixels.height, languages: deps.languages }) };
}

async function inkOf(copy: GreyImage) {
  return findInk(await shrinkGrey(copy, Math.min(1, inkLongSide / Math.max(copy.width, copy.height))));
}

/** The engine's name holds its version, languages and data. */
function hashOf({ width, height, data }: GreyImage, engine: OcrEngine): string {
  return createHash('sha256').update(`${engine.name}\0${width}x${height}\0`).update(data).digest('hex');
}
