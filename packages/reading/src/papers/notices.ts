import type { MarkProduct } from './marks.ts';

/** What a row says that is no question. */
export type Notice =
  | { kind: 'section'; label: string }
  | { kind: 'instruction'; choose: number | null; all: boolean; each: number | null }
  | { kind: 'total'; marks: number }
  | { kind: 'or' }
  | { kind: 'furniture' };

const numberWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

const sectionHead =
  /^[^\p{L}\p{N}]*(?:\p{L}{1,2}\W+)?(?:group|section|part|unit|module|block|teil|partie|sección|sezione)\s*[-–—:.]?\s*[("“'‘]?([A-H]|[IVX]{1,4}|\d{1,2})(?![\p{L}\p{N}])[^\p{L}\p{N}]*(?<rest>.*)$/iu;
const totalMarks =
  /(?:\b(?:full|max(?:imum)?|total|maks?)\b[\s.]*(?:marks?|points?|score)\b|\bmarks\s*(?=[:=])|\b[FM]\.?\s?M\.?(?=\s*[:=–-])|\btotal\b(?=\s*[:=–-]|\s+\d+\s*(?:marks|points)))[\s:.=–—-]*\(?\s*(\d{1,3})(?![\d.]*\s*(?:hours?|hrs?|min))/iu;
const marksBefore = /^\W*\[?\s*(\d{2,3})\s*(?:marks|points)\s*(?:in\s+total|total)\W*$/iu;
const or = /^\W*(?:OR|Or|ODER|OU)\W*$/u;
const furniture = [
  /^\W*page\s+\d+(?:\s*(?:of|\/)\s*\d+)?\W*$/iu,
  /^\W*\d+\s*(?:of|\/)\s*\d+\W*$/u,
  /\b(?:p\.?\s?t\.?\s?o\.?|turn\s+over|please\s+turn|scanned\s+(?:by|with)|camscanner)\b/iu,
  /\bend\s+of\s+(?:the\s+)?(?:paper|exam(?:ination)?|questions?|section)\b/iu,
  /\bfigures?\s+in\s+the\s+(?:right\s+)?margin\b|\bin\s+their\s+own\s+words\b|\bcandidates\s+are\b/iu,
  /^\W*times?\s*(?:allowed|allotted)?\W*\d/iu,
];

/** "Answer any four", "Attempt all questions", "…any three of the following"; the first letters may be lost under a tick. */
const verb = String.raw`(?:an)?s?w?er|attempt|atte\w*|solve|do|write|choose|bear`;
const anyOf = /\bany\s+(?:of\s+)?[("“'‘]*(\p{L}{2,6}|\d{1,2})\b/iu;
const plainCount = /\b(?:answer|attempt|solve)\s+(?:only\s+)?(\p{L}{2,6}|\d{1,2})\s+(?:\([^)]*\)\s*)?(?:questions?|out\s+of|of)\b/iu;
const nOfM = /\b(\d{1,2}|\p{L}{3,6})\s+(?:out\s+)?of\s+(?:the\s+)?(\d{1,2}|\p{L}{3,6})\s+questions?\b/iu;
const allOf = new RegExp(
  String.raw`^\W*(?:\p{L}{0,3}\s+)?(?:${verb})\s+(?:all|a[il1]{1,2}|every|the\s+(?:following\s+)?questions?)\b|^\W*(?:\S+\s+){0,2}(?:all|every)\s+(?:the\s+)?(?:following\s+)?(?:questions?|parts)\b`,
  'iu',
);
const addressed = new RegExp(String.raw`(?:^|\s)\p{L}{0,3}(?:${verb})\s|\bquestions?\b|\bfollowing\b`, 'iu');
const eachCarries =
  /(?:each|every|all)\s+questions?\s+(?:carr(?:y|ies)|is|are|ha(?:s|ve))\s+(?:worth\s+)?(?:equal\s+)?\(?(\d{1,2})?\s*(?:marks?|points?)/iu;

/** What the row as a whole says, or null for an ordinary one. `text` is without a question's number. */
export function readNotice(text: string): Notice | null {
  if (or.test(text)) return { kind: 'or' };
  const total = totalMarks.exec(text) ?? marksBefore.exec(text);
  if (total?.[1] && Number(total[1]) > 0) return { kind: 'total', marks: Number(total[1]) };
  const head = sectionHead.exec(text);
  if (head?.[1] && isHeading(head[0], head.groups?.rest ?? '')) return { kind: 'section', label: head[1].toUpperCase() };
  const instruction = readInstruction(text);
  if (instruction && text.length < 140) return { kind: 'instruction', ...instruction };
  if (furniture.some((pattern) => pattern.test(text))) return { kind: 'furniture' };
  return null;
}

/**
 * A heading stands alone, or names its marks or what to do: "Section B: answer any five", "Part II (20 marks)"; a sentence goes on in small
 * letters. "Part A: explain …" is a part of a question: a part is a heading only without a text of its own.
 */
function isHeading(text: string, rest: string): boolean {
  if (rest.length < 3 || readInstruction(rest) !== null) return true;
  const titled = !/^\p{Ll}/u.test(rest);
  return /^\W*(?:\p{L}{1,2}\W+)?part\b/iu.test(text) ? titled && !/\p{Ll}/u.test(rest.replace(/\b(?:marks?|points?)\b/giu, '')) : titled;
}

/** How many questions are to be answered; `each` where it says what one carries. Null when the text is no such instruction. */
export function readInstruction(text: string): { choose: number | null; all: boolean; each: number | null } | null {
  const each = eachCarries.exec(text);
  const eachMarks = each?.[1] ? Number(each[1]) : null;
  const count = anyOf.exec(text) ?? plainCount.exec(text) ?? nOfM.exec(text);
  const choose = count ? readCount(count[1] ?? '') : null;
  if (count && choose !== null && addressed.test(text) && /^\W*(?:\S+\s+){0,5}$/.test(text.slice(0, count.index)) && !saysWhat(text))
    return { choose, all: false, each: eachMarks };
  if (allOf.test(text)) return { choose: null, all: true, each: eachMarks };
  return each ? { choose: null, all: false, each: eachMarks } : null;
}

/** "Write the names of any three mammals" asks for something itself; an instruction speaks of questions, of what follows, or ends. */
function saysWhat(text: string): boolean {
  const rest = anyOf.exec(text);
  if (!rest) return false;
  const behind = text.slice(rest.index + rest[0].length);
  return !/^[^\p{L}]*(?:$|\(|questions?|of\b|from\b|out\b|parts?|the\s+following|following|\p{L}+\s+questions?)/iu.test(behind);
}

/** "four", "4", and words with one letter misread or lost ("tree"); null for anything else. */
export function readCount(word: string): number | null {
  if (/^\d+$/.test(word)) return Number(word) > 0 ? Number(word) : null;
  const lower = word.toLowerCase();
  const exact = numberWords.indexOf(lower);
  if (exact > 0) return exact;
  if (lower.length < 3) return null;
  const near = numberWords.flatMap((candidate, i) => (i > 0 && candidate.length > 3 && oneApart(candidate, lower) ? [i] : []));
  return near.length === 1 ? (near[0] ?? null) : null;
}

/** One letter changed, lost or added. */
function oneApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return Math.max(a.length, b.length) - start - end <= 1;
}

/** Marks that each question carries when the line says "5x2=10": the factor that is not the number of questions. Both where that is open. */
export function eachOf(product: MarkProduct, choose: number | null): number[] {
  const [a, b] = product.factors;
  if (choose !== null && a === choose) return [b];
  if (choose !== null && b === choose) return [a];
  return a === b ? [a] : [b, a];
}
