import type { AssessmentSummary, Question } from '@gradeflow/contracts';
import type { AssessmentFigures } from '@gradeflow/database';
import { analyseItems } from '@gradeflow/grading';

const binCount = 10;

/** The figures of an assessment: sums over all graded submissions, analysis of the current questions over those that have a mark for each of them. */
export function summarise(figures: AssessmentFigures, questions: ReadonlyArray<Pick<Question, 'id' | 'maxScore'>>): AssessmentSummary {
  const sums = analyseItems(
    figures.totals.map(({ score }) => [score]),
    [0],
  );
  const marks = Map.groupBy(figures.results, ({ submissionId }) => submissionId);
  const rows = [...marks.values()].flatMap((results) => {
    const scores = new Map(results.map(({ questionId, score }) => [questionId, score]));
    const row = questions.flatMap(({ id }) => scores.get(id) ?? []);
    return row.length === questions.length ? [row] : [];
  });
  const analysis = analyseItems(
    rows,
    questions.map(({ maxScore }) => maxScore),
  );
  return {
    n: figures.totals.length,
    mean: sums.mean,
    sd: sums.sd,
    bins: binsOf(figures.totals),
    counts: figures.counts,
    alpha: analysis.alpha,
    questions: questions.map(({ id, maxScore }, index) => {
      const { facility = null, discrimination = null, alphaIfDeleted = null, mean = null } = analysis.items[index] ?? {};
      return { questionId: id, facility, discrimination, alphaIfDeleted, mean, max: maxScore };
    }),
  };
}

/** By the share of the reachable marks; a sheet without any to reach has none. */
function binsOf(totals: AssessmentFigures['totals']): AssessmentSummary['bins'] {
  const shares = totals.flatMap(({ score, maxScore }) => (maxScore > 0 ? [Math.min(1, Math.max(0, score / maxScore))] : []));
  // A share that is a tenth but for rounding belongs to the bin that it begins.
  const binOf = (share: number) => Math.min(binCount - 1, Math.floor(share * binCount + 1e-9));
  const counts = Map.groupBy(shares, binOf);
  const width = 100 / binCount;
  return Array.from({ length: binCount }, (_, bin) => ({ from: bin * width, to: (bin + 1) * width, count: counts.get(bin)?.length ?? 0 }));
}
