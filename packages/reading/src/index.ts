export { findLanguageData, type LanguageData } from './engines/language-data.ts';
export { createReadingPool, type ReadingPoolOptions } from './pool/reading-pool.ts';
export { segmentAnswers } from './segmentation/segment-answers.ts';
export type * from './types.ts';
