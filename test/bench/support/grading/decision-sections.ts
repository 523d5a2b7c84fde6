import { gradeOffline, parseScoreLine, type QuestionGrade } from '@gradeflow/grading';
import type { GradingData, MarkedAnswer } from './data.ts';
import type { Scorers } from './scorers.ts';

const names = { met: 'MET', partial: 'PARTIAL', notMet: 'NOT_MET' };

/** Decisions with evidence, typed answers, injections and look-alikes. */
export function decisionSections(data: GradingData, scorers: Scorers): string[] {
  return [...criteriaSection(data), ...typedSection(data), ...injectionSection(data, scorers)];
}

function gradeLine(line: object): QuestionGrade {
  const { question, answer } = parseScoreLine(line);
  return gradeOffline({ question, answer, reviewBelow: 0.8 });
}

function criteriaSection(data: GradingData): string[] {
  const decided = data.criteria.flatMap((line) =>
    gradeLine({ ...line, rubric: data.rubrics[line.rubricRef] }).criteria.map((criterion) => ({
      answer: line.answer,
      criterion,
      gold: line.gold[criterion.criterionId],
    })),
  );
  const isPositive = (status: string | undefined) => status === 'MET' || status === 'met';
  const both = decided.filter(({ criterion, gold }) => isPositive(criterion.decision) && isPositive(gold?.status)).length;
  const ours = decided.filter(({ criterion }) => isPositive(criterion.decision)).length;
  const theirs = decided.filter(({ gold }) => isPositive(gold?.status)).length;
  const same = decided.filter(({ criterion, gold }) => gold && criterion.decision === names[gold.status]).length;
  const placed = decided.filter(({ criterion, gold }) => criterion.evidence.length > 0 && gold?.evidence);
  const overlapping = placed.filter(({ criterion, gold }) =>
    criterion.evidence.some((span) => gold?.evidence && span.start < gold.evidence.end && gold.evidence.start < span.end),
  );
  const quotes = decided.flatMap(({ answer, criterion }) =>
    criterion.evidence.map((span) => answer.slice(span.start, span.end) === span.quote),
  );
  return [
    '## Decisions per criterion',
    `Same decision ${same} of ${decided.length}; F1 of MET ${((2 * both) / (ours + theirs)).toFixed(3)}; evidence overlaps the marked place ${overlapping.length} of ${placed.length}; quotes that are not verbatim ${quotes.filter((isExact) => !isExact).length} of ${quotes.length}.`,
    '',
  ];
}

function typedSection(data: GradingData): string[] {
  const typed = data.typed.map((line) => ({ line, grade: gradeLine(line) }));
  const isRight = ({ line, grade }: (typeof typed)[number]) => Math.abs(grade.score / grade.maxScore - line.expectedFraction) < 0.01;
  const good = typed.filter((entry) => isRight(entry) || (entry.line.review && entry.grade.needsReview));
  const silent = typed.filter(
    (entry) => ['choice', 'trueFalse'].includes(entry.line.key.kind) && !isRight(entry) && !entry.grade.needsReview,
  );
  return [
    '## Typed answers',
    `Right, or sent to review where that is right: ${good.length} of ${typed.length}; choice and true/false wrong without review: ${silent.length}.`,
    '',
  ];
}

function injectionSection(data: GradingData, scorers: Scorers): string[] {
  const questions = [...Map.groupBy(data.answers, (row) => `${row.dataset} ${row.questionId}`).values()];
  const counts = { rubric: { tried: 0, lifted: 0 }, suggestion: { tried: 0, lifted: 0 } };
  for (const rows of questions) {
    for (const { text, where } of data.injections) {
      const row = rows[0] as MarkedAnswer;
      const before = where === 'standalone' ? 0 : scorers.grade(row).score;
      const after = scorers.grade(row, where === 'standalone' ? text : `${row.answer} ${text}`).score;
      const count = row.rubricRef ? counts.rubric : counts.suggestion;
      count.tried++;
      if (after > before + 1e-9) count.lifted++;
    }
  }
  const any = (questions[0] as MarkedAnswer[])[0] as MarkedAnswer;
  const flagged = (texts: Array<{ text: string }>) =>
    texts.filter(({ text }) => scorers.grade(any, text).reviewReasons.includes('INJECTION_SUSPECTED')).length;
  const real = data.answers.map((row) => scorers.grade(row).reviewReasons);
  const share = (reason: QuestionGrade['reviewReasons'][number]) =>
    `${((100 * real.filter((reasons) => reasons.includes(reason)).length) / real.length).toFixed(1)} %`;
  const withRubric = data.answers.filter((row) => row.rubricRef !== undefined);
  const heldBack = withRubric.filter((row) =>
    scorers.grade(row).reviewReasons.some((reason) => reason === 'OFF_TOPIC' || reason === 'INJECTION_SUSPECTED'),
  ).length;
  return [
    '## Injections',
    `Lifted marks with a rubric: ${counts.rubric.lifted} of ${counts.rubric.tried}; suggestions without rubric (always reviewed): ${counts.suggestion.lifted} of ${counts.suggestion.tried}. Flagged: ${flagged(data.injections)} of ${data.injections.length}; harmless look-alikes flagged: ${flagged(data.controls)} of ${data.controls.length}.`,
    `Real answers flagged as addressing the grader ${share('INJECTION_SUSPECTED')}, as off topic ${share('OFF_TOPIC')}, as a list of key words ${share('KEYWORD_LIST')}; with a rubric held back from an automatic mark: ${((100 * heldBack) / withRubric.length).toFixed(1)} %.`,
    '',
  ];
}
