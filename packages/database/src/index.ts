export { checkPaperUpload, checkUpload } from './access.ts';
export { createDatabase } from './create-database.ts';
export { applyMigrations } from './migrations/apply-migrations.ts';
export { listPendingMigrations } from './migrations/list-pending-migrations.ts';
export { newQuestionPaperOf, newSubmissionOf } from './new-submission.ts';
export { createPaperObserver } from './paper-observer.ts';
export { createRecordQuestionPaper, type RecordQuestionPaper } from './record-question-paper.ts';
export { createStageObserver, type StageObserver, type StageObserverDeps } from './stage-observer.ts';
export type * from './types.ts';
