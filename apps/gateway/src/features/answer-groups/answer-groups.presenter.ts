import type { AnswerGroupView } from '@gradeflow/contracts';
import type { GroupableAnswer } from '@gradeflow/database';
import type { AnswerGroup } from '@gradeflow/grading';

export function presentAnswerGroup({ id, kind, label, members }: AnswerGroup<GroupableAnswer>): AnswerGroupView {
  const inState = (state: GroupableAnswer['state']) => members.filter((member) => member.state === state).length;
  return {
    ...{ id, kind, label, size: members.length },
    counts: { open: inState('open'), decided: inState('decided'), machine: inState('machine') },
    maxScore: Math.max(...members.map(({ maxScore }) => maxScore)),
    machineScores: spreadOf(members.flatMap(({ machineScore }) => machineScore ?? [])),
    members: members.map(({ submissionId, gradingId, label, state, score }) => ({ submissionId, gradingId, label, state, score })),
  };
}

function spreadOf(scores: readonly number[]): AnswerGroupView['machineScores'] {
  if (scores.length === 0) return null;
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { min: Math.min(...scores), max: Math.max(...scores), mean: Number(mean.toFixed(6)) };
}
