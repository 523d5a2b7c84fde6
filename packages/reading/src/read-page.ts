import { PermanentError } from '@gradeflow/errors';
import type { PdfDocument } from './documents/pdf-document.ts';
import { decodeImage } from './pages/decode-image.ts';
import { findInk, type InkMap, inkLongSide, type PageRect } from './pages/ink.ts';
import { encodeWebp, type PagePixels, shrinkGrey } from './pages/pixels.ts';
import { renderPdfPage, renderPdfThumbnail } from './pages/render-pdf-page.ts';
import { blankBelowInk, judgeTextLayer } from './text-layer/judge-text-layer.ts';
import { layerWords } from './text-layer/layer-words.ts';
import { type PageLayer, readPageLayer } from './text-layer/page-layer.ts';
import type { DocumentLimits, GreyImage, OcrEngine, ReadPageRequest, ReadPageResult } from './types.ts';
import { describeLines, mergeLines, type PlacedLines } from './words/page-words.ts';
import { keepAreas, makeOcrCopy, recognisePage } from './words/recognise-page.ts';

export interface ReadPageDeps {
  limits: DocumentLimits;
  openPdf(absolutePath: string): Promise<PdfDocument>;
  engineFor(languages: string[]): Promise<OcrEngine>;
}

/** A page on the way from the document to its words. */
interface UprightPage {
  pixels: PagePixels;
  /** Quarter turn clockwise that the document asked for. */
  rotation: number;
  /** What a PDF says of its text, with a small copy to check it against; null for pictures and pages without a character. */
  layer: (PageLayer & { thumbnail: GreyImage }) | null;
}

interface PageText {
  engine: string;
  lines: PlacedLines;
}

/** Ink below this share of the page is dust: about fifty pixels of A4 at 72 dpi, less than one written letter. */
const dustBelowInk = 0.0001;
/** A word that counts as read on an almost blank page. */
const surelyRead = 0.5;
const blank: PageText = { engine: 'blank', lines: [] };

/** Document → upright page → words. Throws PermanentError PAGE_UNREADABLE when there is no picture of the page to be had. */
export async function readPage(deps: ReadPageDeps, request: ReadPageRequest): Promise<ReadPageResult> {
  const page = request.file.mediaType === 'application/pdf' ? await openPdfPage(deps, request) : await openImagePage(deps, request);
  const { pixels, rotation } = page;
  const { engine, lines } = await findWords(deps, page, request.languages);
  const { text, confidence, words } = describeLines(lines);
  const { width, height } = pixels;
  return {
    reading: {
      number: request.number,
      width,
      height,
      text,
      confidence: engine === 'blank' ? 1 : confidence,
      engine,
      rotation,
      words,
      failure: null,
    },
    picture: await encodeWebp(pixels),
  };
}

async function openPdfPage(deps: ReadPageDeps, { file, filePage }: ReadPageRequest): Promise<UprightPage> {
  const document = await deps.openPdf(file.absolutePath);
  const page = document.withPage(filePage - 1, (handle) => {
    const layer = readPageLayer(handle);
    return {
      layer: layer.characters.length > 0 ? { ...layer, thumbnail: renderPdfThumbnail(handle, inkLongSide) } : null,
      pixels: renderPdfPage(handle),
      rotation: handle.rotation,
    };
  });
  if (page === null) throw new PermanentError({ code: 'PAGE_UNREADABLE', detail: `Page ${filePage} of the PDF is broken or not there.` });
  return page;
}

async function openImagePage({ limits }: ReadPageDeps, { file, filePage }: ReadPageRequest): Promise<UprightPage> {
  const { pixels, rotation } = await decodeImage(file.absolutePath, filePage - 1, limits.maxPagePixels);
  return { pixels, rotation, layer: null };
}

/** Text layer where it is good, OCR where not, nothing where nothing is. */
async function findWords(deps: ReadPageDeps, { layer, pixels }: UprightPage, languages: string[]): Promise<PageText> {
  if (layer === null) {
    const copy = await makeOcrCopy(pixels);
    const thumbnail = await shrinkGrey(copy, Math.min(1, inkLongSide / Math.max(copy.width, copy.height)));
    return readByOcr(deps, pixels, copy, findInk(thumbnail), languages);
  }
  const ink = findInk(layer.thumbnail);
  const verdict = judgeTextLayer(layer, ink, languages);
  if (verdict.kind === 'blank') return blank;
  if (verdict.kind === 'trust') return { engine: 'text-layer', lines: layerWords(layer.characters, pixels) };
  if (verdict.kind === 'mixed') return readMixed(deps, pixels, layer, verdict.areas, languages);
  return readByOcr(deps, pixels, await makeOcrCopy(pixels), ink, languages);
}

/** The layer, and what stands in pictures and annotations by OCR. */
async function readMixed(
  deps: ReadPageDeps,
  pixels: PagePixels,
  layer: PageLayer,
  areas: PageRect[],
  languages: string[],
): Promise<PageText> {
  const engine = await deps.engineFor(languages);
  const typed = layer.characters.flatMap(({ rect }) => (rect ? [rect] : []));
  const further = await recognisePage(engine, keepAreas(await makeOcrCopy(pixels), areas, typed), pixels);
  return { engine: `text-layer + ${engine.name}`, lines: mergeLines(layerWords(layer.characters, pixels), further) };
}

/** Almost blank pages are read too, since a single letter can be an answer; they are blank when nothing can be read for sure. */
async function readByOcr(deps: ReadPageDeps, pixels: PagePixels, copy: GreyImage, ink: InkMap, languages: string[]): Promise<PageText> {
  if (ink.share < dustBelowInk) return blank;
  const engine = await deps.engineFor(languages);
  const lines = await recognisePage(engine, copy, pixels);
  const sure = lines.flat().some((word) => word.confidence >= surelyRead && /[\p{L}\p{N}]/u.test(word.text));
  return ink.share < blankBelowInk && !sure ? blank : { engine: engine.name, lines };
}
