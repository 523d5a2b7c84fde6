import { z } from 'zod';

export const Role = z.enum(['ADMIN', 'TEACHER', 'STUDENT']);
export type Role = z.infer<typeof Role>;

export const SubmissionStatus = z.enum(['RECEIVED', 'PROCESSING', 'GRADED', 'NEEDS_REVIEW', 'FAILED']);
export type SubmissionStatus = z.infer<typeof SubmissionStatus>;

/** The four steps of one submission, in the order in which people read them; the first three run side by side. */
export const StageName = z.enum(['extract', 'persist', 'record', 'grade']);
export type StageName = z.infer<typeof StageName>;

export const StageStatus = z.enum(['WAITING', 'ACTIVE', 'COMPLETED', 'FAILED']);
export type StageStatus = z.infer<typeof StageStatus>;

export const GraderKind = z.enum(['offline', 'openai', 'human']);
export type GraderKind = z.infer<typeof GraderKind>;

export const ReleaseMode = z.enum(['IMMEDIATE', 'MANUAL']);
export type ReleaseMode = z.infer<typeof ReleaseMode>;

/** `[x, y, width, height]` in page pixels, in the frame of the upright picture. */
export const Box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type Box = z.infer<typeof Box>;

/** 0 to 1. */
export const Confidence = z.number().min(0).max(1);
