import type { PageDoubt } from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import type { PdfDocument } from './documents/pdf-document.ts';
import { decodeImage } from './pages/decode-image.ts';
import { findInk, inkLongSide, type PageRect } from './pages/ink.ts';
import { encodeWebp, type PagePixels } from './pages/pixels.ts';
import { renderPdfPage, renderPdfThumbnail } from './pages/render-pdf-page.ts';
import { readPaperPage } from './papers/read-paper-page.ts';
import { judgeTextLayer } from './text-layer/judge-text-layer.ts';
import { layerWords } from './text-layer/layer-words.ts';
import { type PageLayer, readPageLayer } from './text-layer/page-layer.ts';
import type { DocumentLimits, GreyImage, KnownPage, OcrEngine, ReadPageRequest, ReadPageResult } from './types.ts';
import { assessPictures } from './words/assess-page.ts';
import { describeLines, mergeLines, type PlacedLines } from './words/page-words.ts';
import { type OcrPage, readByOcr } from './words/read-by-ocr.ts';
import { keepAreas, makeOcrCopy, recognisePage } from './words/recognise-page.ts';
import { withMeaning } from './words/word-confidence.ts';

export interface ReadPageDeps {
  limits: DocumentLimits;
  openPdf(absolutePath: string): Promise<PdfDocument>;
  engineFor(languages: string[]): Promise<OcrEngine>;
  findKnown(contentHash: string): Promise<KnownPage | null>;
}

/** A page on the way from the document to its words. */
interface OpenPage {
  pixels: PagePixels;
  /** Quarter turn clockwise that the document asked for. */
  rotation: number;
  /** What a PDF says of its text, with a small copy to check it against; null for pictures and pages without a character. */
  layer: (PageLayer & { thumbnail: GreyImage }) | null;
}

interface PageText {
  /** The page as the words stand on it. */
  pixels: PagePixels;
  /** Quarter turn clockwise besides what the document asked for. */
  turned: number;
  engine: string;
  lines: PlacedLines;
  /** Null: the mean over the words. */
  confidence: number | null;
  doubts: PageDoubt[];
  contentHash: string | null;
}

/** Document → upright page → words. Throws PermanentError PAGE_UNREADABLE when there is no picture of the page to be had. */
export async function readPage(deps: ReadPageDeps, request: ReadPageRequest): Promise<ReadPageResult> {
  const page = request.file.mediaType === 'application/pdf' ? await openPdfPage(deps, request) : await openImagePage(deps, request);
  const found = await findWords(deps, page, request);
  const { width, height } = found.pixels;
  const described = describeLines(found.lines);
  return {
    reading: {
      ...described,
      number: request.number,
      width,
      height,
      confidence: found.confidence ?? described.confidence,
      engine: found.engine,
      rotation: (page.rotation + found.turned) % 360,
      doubts: found.doubts,
      contentHash: found.contentHash,
      failure: null,
    },
    picture: await encodeWebp(found.pixels),
  };
}

async function openPdfPage(deps: ReadPageDeps, { file, filePage }: ReadPageRequest): Promise<OpenPage> {
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

async function openImagePage({ limits }: ReadPageDeps, { file, filePage }: ReadPageRequest): Promise<OpenPage> {
  const { pixels, rotation } = await decodeImage(file.absolutePath, filePage - 1, limits.maxPagePixels);
  return { pixels, rotation, layer: null };
}

/** Text layer where it is good, OCR where not, nothing where nothing is. */
async function findWords(deps: ReadPageDeps, { layer, pixels }: OpenPage, { languages, purpose }: ReadPageRequest): Promise<PageText> {
  const engine = () => deps.engineFor(languages);
  const byOcr = async () => {
    const read = await readByOcr({ engine, languages, findKnown: deps.findKnown }, pixels);
    return purpose === 'paper' && read.lines.length > 0 ? asPaper(await engine(), read) : read;
  };
  if (layer === null) return byOcr();
  const verdict = judgeTextLayer(layer, findInk(layer.thumbnail), languages);
  const asTheDocumentSays = { pixels, turned: 0, doubts: [], contentHash: null };
  if (verdict.kind === 'blank') return { ...asTheDocumentSays, engine: 'blank', lines: [], confidence: 1 };
  if (verdict.kind === 'trust')
    return { ...asTheDocumentSays, engine: 'text-layer', lines: layerWords(layer.characters, pixels), confidence: null };
  if (verdict.kind === 'mixed')
    return { ...asTheDocumentSays, ...(await readMixed(deps, pixels, layer, verdict.areas, languages)), confidence: null };
  return byOcr();
}

/** Its hash is dropped: what is read of a question paper is more than its pixels give for a sheet of answers. */
async function asPaper(engine: OcrEngine, page: OcrPage): Promise<OcrPage> {
  return { ...page, lines: await readPaperPage(engine, page.pixels, page.lines), contentHash: null };
}

/** The layer, and what stands in pictures and annotations by OCR. */
async function readMixed(
  deps: ReadPageDeps,
  pixels: PagePixels,
  layer: PageLayer,
  areas: PageRect[],
  languages: string[],
): Promise<{ engine: string; lines: PlacedLines; doubts: PageDoubt[] }> {
  const engine = await deps.engineFor(languages);
  const typed = layer.characters.flatMap(({ rect }) => (rect ? [rect] : []));
  const further = withMeaning(await recognisePage(engine, keepAreas(await makeOcrCopy(pixels), areas, typed), pixels));
  const lines = mergeLines(layerWords(layer.characters, pixels), further);
  return { engine: `text-layer + ${engine.name}`, lines, doubts: assessPictures(further) };
}
