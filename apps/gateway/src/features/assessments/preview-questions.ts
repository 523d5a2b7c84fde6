import type { Question, QuestionsPreview } from '@gradeflow/contracts';
import type { Assessment, Database, ResultHead } from '@gradeflow/database';
import { planRegrade, previewResult } from '@gradeflow/grading';
import { createTurns } from '../../http/turns.ts';

type Rubrics = Database['rubrics'];
type Versions = Map<number, Map<string, Question>>;

/** Submissions whose answers are in memory at once. */
const submissionsAtOnce = 100;

/**
 * What would become of the current results of an assessment if these were its questions and everything was graded again; saves nothing. People's decisions stay,
 * unless the question is worth less than their mark or gone. Answers are taken as they were read: a question whose number changed may find another one.
 */
export async function previewQuestions(rubrics: Rubrics, assessment: Assessment, next: readonly Question[]): Promise<QuestionsPreview> {
  const heads = await rubrics.listResultHeads(assessment.id);
  const versions = await findVersions(rubrics, assessment.id, heads);
  const questions = new Map(next.map((question) => [question.id, question]));
  const graded = new Set(heads.map(({ questionId }) => questionId));
  const preview: QuestionsPreview = {
    ...{ up: 0, down: 0, same: 0, changes: [], estimated: false },
    notCompared: heads.length === 0 ? [] : next.filter(({ id }) => !graded.has(id)).map(({ number }) => number),
  };
  const isOpen = needsAnswer(versions, questions);
  const bySubmission = [...Map.groupBy(heads, ({ submissionId }) => submissionId).values()];
  const takeTurns = createTurns();
  for (let first = 0; first < bySubmission.length; first += submissionsAtOnce) {
    const part = bySubmission.slice(first, first + submissionsAtOnce).flat();
    const answers = await findAnswers(rubrics, part.filter(isOpen));
    for (const head of part) {
      const after = questions.get(head.questionId);
      const result = answers.get(keyOf(head));
      if (!after) count(preview, head, null);
      else if (head.isDecided) count(preview, head, Math.min(head.score, after.maxScore));
      else if (!result) count(preview, head, head.score);
      else {
        const question = versions.get(head.rubricVersion ?? 0)?.get(head.questionId) ?? null;
        const { score, isEstimated } = await previewResult(
          after,
          { question, result, grader: head.grader ?? 'offline' },
          assessment.reviewBelow,
        );
        preview.estimated ||= isEstimated;
        count(preview, head, score);
        await takeTurns();
      }
    }
  }
  return preview;
}

/** Whether the stored answer has to be looked at: not where nothing changed, nor where a person has decided. Compares each pair of versions once. */
function needsAnswer(versions: Versions, questions: ReadonlyMap<string, Question>): (head: ResultHead) => boolean {
  const known = new Map<string, boolean>();
  return ({ questionId, rubricVersion, isDecided }) => {
    const after = questions.get(questionId);
    if (!after || isDecided) return false;
    const key = `${rubricVersion} ${questionId}`;
    const before = versions.get(rubricVersion ?? 0)?.get(questionId);
    const answer = known.get(key) ?? (before === undefined || planRegrade(before, after).kind !== 'same');
    known.set(key, answer);
    return answer;
  };
}

async function findVersions(rubrics: Rubrics, assessmentId: string, heads: readonly ResultHead[]): Promise<Versions> {
  const numbers = [...new Set(heads.flatMap(({ rubricVersion }) => (rubricVersion === null ? [] : [rubricVersion])))];
  const found = await Promise.all(numbers.map((version) => rubrics.findVersion(assessmentId, version)));
  return new Map(
    found.flatMap((rubric) => (rubric ? [[rubric.version, new Map(rubric.questions.map((question) => [question.id, question]))]] : [])),
  );
}

async function findAnswers(rubrics: Rubrics, open: readonly ResultHead[]) {
  if (open.length === 0) return new Map<string, never>();
  const distinct = (pick: (head: ResultHead) => string) => [...new Set(open.map(pick))];
  const rows = await rubrics.listResults(
    distinct(({ submissionId }) => submissionId),
    distinct(({ questionId }) => questionId),
  );
  return new Map(rows.map(({ submissionId, result }) => [keyOf({ submissionId, questionId: result.questionId }), result]));
}

function keyOf({ submissionId, questionId }: { submissionId: string; questionId: string }): string {
  return `${submissionId} ${questionId}`;
}

function count(preview: QuestionsPreview, { submissionId, questionId, score: from }: ResultHead, to: number | null): void {
  const rise = (to ?? 0) - from;
  if (to !== null && Math.abs(rise) < 1e-9) {
    preview.same++;
    return;
  }
  if (rise > 0) preview.up++;
  else if (rise < 0) preview.down++;
  else preview.same++;
  preview.changes.push({ submissionId, questionId, from, to });
}
