import { accountCases } from './account-cases.ts';
import { assessmentCases } from './assessment-cases.ts';
import { liveCases } from './live-cases.ts';
import { submissionCases } from './submission-cases.ts';
import type { Cases } from './world.ts';

/** One request for every endpoint, which it answers well. A new endpoint is added here, or the suite says so. */
export const cases: Cases = { ...accountCases, ...assessmentCases, ...submissionCases, ...liveCases };
