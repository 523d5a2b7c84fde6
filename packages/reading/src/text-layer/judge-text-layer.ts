import { hasInk, type InkMap, type PageRect, paintMask } from '../pages/ink.ts';
import type { LayerCharacter, PageLayer } from './page-layer.ts';
import { measureLanguage } from './stop-words.ts';

/** What to read a page of a PDF from. `rule` is the number of the deciding rule below, for logs and tests. */
export type LayerVerdict =
  | { kind: 'blank'; rule: number }
  | { kind: 'ocr'; rule: number }
  | { kind: 'trust'; rule: number }
  /** Keep the layer and read these areas by OCR. */
  | { kind: 'mixed'; rule: number; areas: PageRect[] };

/** Less ink than this share of a page is a blank one with dust on it. */
export const blankBelowInk = 0.0008;
/** Ink of an annotation that counts as writing: about ten pixels of a stroke on A4 at 72 dpi. */
const annotationInk = 0.000_02;

/**
 * Decides whether the text layer may replace OCR: the first rule that matches wins. The thresholds were found on 259 pages
 * (190 that needed OCR, 69 digital or blank), all of which they judge right; "has at least 50 characters" trusts two thirds of
 * the bad ones. Annotations are an addition of ours: PDF forms and pen strokes stand outside the text layer.
 */
export function judgeTextLayer(layer: PageLayer, ink: InkMap, languages: readonly string[]): LayerVerdict {
  const visible = layer.characters.filter((character) => !character.generated && character.text.trim() !== '');
  if (layer.truncated) return { kind: 'ocr', rule: 0 };
  if (visible.length === 0) return ink.share < blankBelowInk ? { kind: 'blank', rule: 1 } : { kind: 'ocr', rule: 1 };
  const share = (matches: (character: LayerCharacter) => boolean) => visible.filter(matches).length / visible.length;

  if (share((c) => isUnusable(c.text)) > 0.02 || share((c) => c.mapError) > 0.05) return { kind: 'ocr', rule: 2 };
  if (share((c) => isOffPage(c) || (c.rect !== null && !hasInk(ink, c.rect))) > 0.1) return { kind: 'ocr', rule: 3 };
  if (share((c) => c.hidden) > 0.2 || share((c) => isCovered(c, layer.images)) > 0.2) return { kind: 'ocr', rule: 4 };

  const areas = measureInk(layer, ink);
  if (areas.imageShare >= 0.5 && areas.pictureInkOutsideText > 0.25 * ink.share) return { kind: 'ocr', rule: 5 };
  if (visible.length < 50 && ink.share >= blankBelowInk && areas.inkOutsideText > 0.5 * ink.share) return { kind: 'ocr', rule: 6 };
  if (!looksLikeLanguage(layer.characters, languages)) return { kind: 'ocr', rule: 7 };
  const pictures = areas.pictureInkOutsideText > 0.004 && areas.imageShare >= 0.03 ? layer.images.map((image) => image.rect) : [];
  const written = areas.annotationInkOutsideText > annotationInk ? layer.annotations : [];
  if (pictures.length + written.length > 0) return { kind: 'mixed', rule: 8, areas: [...pictures, ...written] };
  return { kind: 'trust', rule: 9 };
}

/** Private use, control characters, U+FFFD and half surrogates: no text. U+0002 and U+FFFE are PDFium's signs for a hyphen. */
function isUnusable(text: string): boolean {
  return /^[\p{Co}\p{Cc}\p{Cs}\u{fffd}]$/u.test(text) && text !== '\u0002';
}

export function isOffPage({ rect }: LayerCharacter): boolean {
  if (rect === null) return false;
  const x = (rect.left + rect.right) / 2;
  const y = (rect.top + rect.bottom) / 2;
  return x < 0 || x > 1 || y < 0 || y > 1;
}

/** Under a picture that was drawn later. */
function isCovered({ rect, order }: LayerCharacter, images: PageLayer['images']): boolean {
  if (rect === null || order < 0) return false;
  const x = (rect.left + rect.right) / 2;
  const y = (rect.top + rect.bottom) / 2;
  return images.some(
    ({ rect: picture, order: drawn }) => drawn > order && x > picture.left && x < picture.right && y > picture.top && y < picture.bottom,
  );
}

/** Shares of the page: area of the pictures, ink in them and anywhere that is not under the text. */
function measureInk(layer: PageLayer, ink: InkMap) {
  const text = paintMask(
    layer.characters.flatMap(({ rect }) => (rect ? [rect] : [])),
    ink,
    1,
  );
  const pictures = paintMask(
    layer.images.map(({ rect }) => rect),
    ink,
    0,
  );
  const annotations = paintMask(layer.annotations, ink, 0);
  let imagePixels = 0;
  let outside = 0;
  let inPictures = 0;
  let inAnnotations = 0;
  for (let i = 0; i < ink.mask.length; i += 1) {
    if (pictures[i]) imagePixels += 1;
    if (!ink.mask[i] || text[i]) continue;
    outside += 1;
    if (pictures[i]) inPictures += 1;
    if (annotations[i]) inAnnotations += 1;
  }
  const share = (count: number) => count / ink.mask.length;
  return {
    imageShare: share(imagePixels),
    inkOutsideText: share(outside),
    pictureInkOutsideText: share(inPictures),
    annotationInkOutsideText: share(inAnnotations),
  };
}

/** False when there are 20 words and more and they are not of this language: the mark of a wrong character map. */
function looksLikeLanguage(characters: readonly LayerCharacter[], languages: readonly string[]): boolean {
  const words = characters
    .map((character) => character.text)
    .join('')
    .split(/\s+/u);
  const look = measureLanguage(words, languages);
  return look === null || look.tokens < 20 || (look.common >= 0.12 && look.shaped >= 0.5);
}
