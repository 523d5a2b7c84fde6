import type { Evidence, PageReading, Question, QuestionResult, ReviewReason, UnassignedText } from '@gradeflow/contracts';
import { type EarlierGrade, regradeQuestion } from './rubric-change/regrade-question.ts';
import { type LocatedWord, placeSpan, regionsOf, unassignedText, type WordRange } from './sheet-places.ts';
import type { GradeRequest, Grader, ModelContext, QuestionGrade, Span } from './types.ts';

/** The reading package's Segmentation, by shape: grading does not depend on reading. */
export interface SheetSegmentation {
  answers: Array<{ number: string; text: string; words: LocatedWord[] }>;
  unassigned: WordRange[];
  labels?: Array<WordRange & { number: string | null }>;
  doubtful?: string[];
  /** Numbers of the answers that a person has written out: doubts about the sheet do not touch them. */
  confirmed?: string[];
}

export interface GradeSheetRequest {
  pages: PageReading[];
  questions: Question[];
  segmentation: SheetSegmentation;
  grader: Grader;
  /** 0–1; questions with less confidence are marked for review. */
  reviewBelow: number;
  /** A machine's earlier results by question id: what of them still holds is kept, and the grader is asked only for the rest. */
  earlier?: ReadonlyMap<string, EarlierGrade>;
  /** What a grader with a model may use and must keep to. */
  model?: ModelContext;
  /** Questions graded at once; 4 when absent. */
  concurrency?: number;
  signal?: AbortSignal;
}

export interface SheetGrade {
  /** In the order of `questions`. */
  questions: QuestionResult[];
  unassigned: UnassignedText[];
  score: number;
  maxScore: number;
  /** True when any question needs a person. */
  needsReview: boolean;
}

/** Confidence of a word is the probability that it is right: where more than about one in three is wrong, graders are told where such words stand. */
export const uncertainWordBelow = 0.65;
/** So many words that belong to no question can be an answer whose number was not seen. */
const substantialWords = 12;
/** So many are looked at even when every question has an answer (a name, a title and a line of instructions stay below). */
const excessiveWords = 60;

/**
 * Grades a read and segmented sheet: one result a question, with the places on the pages (page pixels) of answers and evidence.
 *
 * A question without an answer is 0 points with reason BLANK. That is final when the sheet was read and split cleanly; it goes to
 * a person when its answer may be there unseen: an unreadable or doubted page, a doubtful split, text that belongs to no
 * question, or no text at all. An answer that stands on a doubted page or may go on there goes to review (OCR_UNCERTAIN); an unreadable
 * page sends every question there, because any answer may go on on it.
 * Throws what the grader throws (AbortError of `signal`).
 */
export async function gradeSheet(request: GradeSheetRequest): Promise<SheetGrade> {
  const { pages, questions, segmentation } = request;
  const sheet = judgeSheet(request);
  const results: QuestionResult[] = new Array(questions.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < questions.length; index = next++) {
      const question = questions[index];
      if (question) results[index] = await gradeQuestion(request, question, sheet);
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.concurrency ?? 4, questions.length) }, work));
  return {
    questions: results,
    unassigned: unassignedText(pages, segmentation.unassigned),
    score: sum(results.map((result) => result.score)),
    maxScore: sum(results.map((result) => result.maxScore)),
    needsReview: results.some((result) => result.needsReview),
  };
}

interface SheetJudgement {
  /** Reasons that every question of the sheet gets. */
  forAll: ReviewReason[];
  /** Numbers of the questions whose answers stand on a doubted page, or are the last before one. */
  onDoubted: Set<string>;
  /** Reasons that questions without an answer get; empty when a blank is believed. */
  forBlanks: ReviewReason[];
  blanksBelieved: boolean;
  /** Number of the question that is shown excessive unassigned text; null when there is none. */
  excessFor: string | null;
}

function judgeSheet({ pages, questions, segmentation }: GradeSheetRequest): SheetJudgement {
  const unreadable = pages.some((page) => page.failure !== null);
  const doubted = pages.filter((page) => page.failure === null && page.doubts.length > 0).map((page) => page.number);
  const wordless = pages.every((page) => page.words.length === 0);
  const loose = segmentation.unassigned.map((range) => countWords(pages, range));
  const nothingFound = segmentation.answers.length === 0 && loose.some((count) => count > 0);
  const looseText = nothingFound || loose.some((count) => count >= substantialWords);
  const forBlanks: ReviewReason[] = [];
  if (looseText) forBlanks.push('UNASSIGNED_TEXT');
  if (doubted.length > 0 || unreadable) forBlanks.push('OCR_UNCERTAIN');
  const doubtful = (segmentation.doubtful ?? []).length > 0;
  const excess = loose.some((count) => count >= excessiveWords);
  return {
    forAll: unreadable ? ['OCR_UNCERTAIN'] : [],
    onDoubted: new Set(doubted.flatMap((page) => numbersTouching(segmentation, page))),
    forBlanks,
    blanksBelieved: forBlanks.length === 0 && !doubtful && !wordless,
    excessFor: excess ? (segmentation.answers[0]?.number ?? questions[0]?.number ?? null) : null,
  };
}

/** Answers with words on the page, and the one that ends last before it. */
function numbersTouching({ answers }: SheetSegmentation, page: number): string[] {
  const filled = answers.filter(({ words }) => words.length > 0);
  const ends = filled.map(({ number, words }) => ({ number, end: last(words.filter((word) => word.page < page)) }));
  const before = ends.flatMap(({ number, end }) => (end ? [{ number, end }] : []));
  before.sort((a, b) => b.end.page - a.end.page || b.end.index - a.end.index);
  const on = filled.filter(({ words }) => words.some((word) => word.page === page)).map(({ number }) => number);
  return [...on, ...before.slice(0, 1).map(({ number }) => number)];
}

/** The word that stands furthest back on the sheet. */
function last(words: LocatedWord[]): LocatedWord | undefined {
  return words.toSorted((a, b) => b.page - a.page || b.index - a.index)[0];
}

async function gradeQuestion(request: GradeSheetRequest, question: Question, sheet: SheetJudgement): Promise<QuestionResult> {
  const { pages, segmentation } = request;
  const answer = segmentation.answers.find((candidate) => candidate.number === question.number);
  const blank = !answer || answer.text.trim() === '';
  const isConfirmed = segmentation.confirmed?.includes(question.number) ?? false;
  const words = answer?.words ?? [];
  const place = (span: Span) => placeSpan(pages, answer?.text ?? '', words, span);
  const grade = blank
    ? blankGrade(question, request.grader, isConfirmed ? noDoubts : sheet)
    : await gradeAnswer(request, question, answer, place);
  const fromSheet: ReviewReason[] = isConfirmed ? [] : [...sheet.forAll];
  if (!blank && !isConfirmed && sheet.onDoubted.has(question.number)) fromSheet.push('OCR_UNCERTAIN');
  if (!blank && segmentation.doubtful?.includes(question.number)) fromSheet.push('LOW_CONFIDENCE');
  if (sheet.excessFor === question.number) fromSheet.push('UNASSIGNED_TEXT');
  const labels = (segmentation.labels ?? []).filter((label) => label.number === question.number);
  return {
    questionId: question.id,
    number: question.number,
    score: grade.score,
    maxScore: question.maxScore,
    confidence: grade.confidence,
    needsReview: grade.needsReview || fromSheet.length > 0,
    answerText: answer?.text ?? '',
    feedback: grade.feedback,
    criteria: grade.criteria.map((criterion) => ({
      criterionId: criterion.criterionId,
      decision: criterion.decision,
      points: criterion.points,
      ...(criterion.fraction === undefined ? {} : { fraction: criterion.fraction }),
      evidence: criterion.evidence.flatMap((span) => ('page' in span ? [span] : place(span))),
    })),
    reviewReasons: [...new Set([...grade.reviewReasons, ...fromSheet])],
    ...(grade.modelFault === undefined ? {} : { modelFault: grade.modelFault }),
    regions: regionsOf(pages, words, labels),
  };
}

/** Keeps of an earlier result what still holds, else asks the grader. Kept evidence stands on the pages already. */
async function gradeAnswer(
  sheet: GradeSheetRequest,
  question: Question,
  answer: SheetSegmentation['answers'][number],
  place: (span: Span) => Evidence[],
): Promise<QuestionGrade | QuestionResult> {
  const request = gradeRequestOf(sheet, question, answer);
  const earlier = sheet.earlier?.get(question.id);
  const kept = earlier ? await regradeQuestion({ request, earlier, grader: sheet.grader, place }) : null;
  return kept ?? sheet.grader.grade(request);
}

function gradeRequestOf(request: GradeSheetRequest, question: Question, answer: SheetSegmentation['answers'][number]): GradeRequest {
  const byNumber = new Map(request.pages.map((page) => [page.number, page]));
  const uncertainWords = answer.words.flatMap(({ start, end, page, index }) => {
    const confidence = byNumber.get(page)?.words[index]?.confidence ?? 1;
    return confidence < uncertainWordBelow ? [{ start, end, confidence }] : [];
  });
  return {
    question,
    answer: answer.text,
    ...(uncertainWords.length > 0 && { uncertainWords }),
    reviewBelow: request.reviewBelow,
    ...(request.model && { model: request.model }),
    ...(request.signal && { signal: request.signal }),
  };
}

/** A person has seen that nothing is written there. */
const noDoubts = { blanksBelieved: true, forBlanks: [] };

/** A question that was not answered: 0 whatever the scoring, so that nothing is earned by leaving it out under negative scoring. */
function blankGrade(question: Question, grader: Grader, sheet: Pick<SheetJudgement, 'blanksBelieved' | 'forBlanks'>): QuestionGrade {
  return {
    score: 0,
    maxScore: question.maxScore,
    confidence: sheet.blanksBelieved ? 1 : 0.5,
    needsReview: !sheet.blanksBelieved,
    reviewReasons: ['BLANK', ...sheet.forBlanks],
    criteria: (question.rubric?.criteria ?? []).map(({ id }) => ({
      criterionId: id,
      decision: 'NOT_MET',
      fraction: 0,
      points: 0,
      confidence: 1,
      evidence: [],
      reason: 'No answer was found.',
    })),
    feedback: 'No answer to this question was found on the sheet.',
    grader: grader.kind,
  };
}

function countWords(pages: PageReading[], range: WordRange): number {
  const words = pages.find((page) => page.number === range.page)?.words.slice(range.from, range.to) ?? [];
  return words.filter((word) => /\p{L}{2}|\d/u.test(word.text)).length;
}

/** Sums without the dust of binary fractions (0.1 + 0.2). */
function sum(values: number[]): number {
  return Math.round(values.reduce((a, b) => a + b, 0) * 1e6) / 1e6;
}
