export { type Agreement, agreement, type Figure, type MarkPair } from './agreement.ts';
export { applyDecision } from './apply-decision.ts';
export { createGrader, type GraderSettings } from './create-grader.ts';
export { type GradeSheetRequest, gradeSheet, type SheetGrade, type SheetSegmentation, uncertainWordBelow } from './grade-sheet.ts';
export { createOfflineGrader } from './offline-grader.ts';
export { createOpenAiGrader, type OpenAiGraderOptions } from './openai/openai-grader.ts';
export { parseScoreLine, type ScoredLine, type ScoreLine, toScoreLine } from './score-line.ts';
export { type DecidedCriterion, type RubricScore, scoreCriteria } from './scoring.ts';
export type * from './types.ts';
