import type { QuestionResult, UnassignedText } from '@gradeflow/contracts';

/** What a table of marks needs of a result. */
export interface Marks {
  score: number;
  maxScore: number;
  questions: QuestionResult[];
  unassigned: UnassignedText[];
}

const short = (text: string, length: number): string => {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > length ? `${flat.slice(0, length - 1)}…` : flat;
};

/**
 * Marks for people: a line a question with score and confidence, below it a line a criterion with its decision, the words that
 * decided it and where they stand (page, pixels from the left and the top).
 */
export function renderMarks(marks: Marks, describe: (questionId: string, criterionId: string) => string = (_, id) => id): string {
  const lines = marks.questions.flatMap((question) => [
    `${question.number.padEnd(7)}${points(question.score, question.maxScore)}  ${confidence(question)}  ${answer(question)}`,
    ...question.criteria.flatMap((criterion) => {
      const head = `       ${criterion.decision.padEnd(8)}${signed(criterion.points).padStart(5)}  ${short(describe(question.questionId, criterion.criterionId), 50)}`;
      const evidence = criterion.evidence.map(
        ({ text, page, box }) => `${' '.repeat(22)}“${short(text, 60)}” page ${page} at ${Math.round(box[0])},${Math.round(box[1])}`,
      );
      return [head, ...evidence];
    }),
  ]);
  const loose = marks.unassigned.map(({ text, page }) => `       “${short(text, 70)}” (page ${page})`);
  return [
    'Question Score Confidence Answer',
    ...lines,
    ...(loose.length > 0 ? ['Belongs to no question:', ...loose] : []),
    `Total  ${points(marks.score, marks.maxScore)}`,
    '',
  ].join('\n');
}

const number = (value: number): string => String(Math.round(value * 100) / 100);
const signed = (value: number): string => (value > 0 ? `+${number(value)}` : number(value));
const points = (score: number, maxScore: number): string => `${number(score)}/${number(maxScore)}`.padStart(7);

function confidence(question: QuestionResult): string {
  return `${Math.round(question.confidence * 100)} %`.padStart(5);
}

function answer(question: QuestionResult): string {
  const said = question.answerText.trim() === '' ? '(no answer)' : `“${short(question.answerText, 60)}”`;
  if (!question.needsReview) return said;
  return `${said}  TO A PERSON: ${question.reviewReasons.join(', ')}`;
}
