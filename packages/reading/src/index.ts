export { createOcrEngine, findChosenNative, type OcrEngineName } from './engines/choose-engine.ts';
export { findLanguageData, type LanguageFile, listLanguageData } from './engines/language-data.ts';
export { proposeQuestions } from './papers/propose-questions.ts';
export type * from './papers/types.ts';
export { createReadingPool, type ReadingPoolOptions } from './pool/reading-pool.ts';
export { segmentAnswers } from './segmentation/segment-answers.ts';
export type * from './types.ts';
export { createVisionReader } from './vision/create-vision-reader.ts';
export { type PagePerson, type VisionOutcome, type VisionReader, type VisionReaderOptions, visionMark } from './vision/types.ts';
