export { checkUpload } from './access.ts';
export { createDatabase } from './create-database.ts';
export { applyMigrations } from './migrations/apply-migrations.ts';
export { listPendingMigrations } from './migrations/list-pending-migrations.ts';
export { newSubmissionOf } from './new-submission.ts';
export { createStageObserver, type StageObserver, type StageObserverDeps } from './stage-observer.ts';
export type * from './types.ts';
