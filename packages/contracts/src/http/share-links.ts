import { z } from 'zod';
import { Timestamp } from '../ids.ts';

/** Twelve of 32 characters, none of which looks like another: 60 bits. What is no code names nothing, so it is 404 and not 400. */
export const ShareCode = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/);

export const ShareBody = z.strictObject({
  /** Parts of an hour too; a week when absent, at most a year. */
  expiresInHours: z.number().positive().max(8_760).default(168),
});
export type ShareBody = z.infer<typeof ShareBody>;

export const ShareAnswer = z.object({ code: ShareCode, url: z.string(), expiresAt: Timestamp }).meta({ id: 'ShareLink' });
export type ShareAnswer = z.infer<typeof ShareAnswer>;

/** A result as whoever holds the link sees it: without names, label, doubts of the machine, and text that belongs to no question. */
export const SharedResult = z
  .object({
    /** Of the assessment. */
    title: z.string(),
    score: z.number(),
    maxScore: z.number(),
    gradedAt: Timestamp,
    questions: z.array(
      z.object({ number: z.string(), score: z.number(), maxScore: z.number(), answerText: z.string(), feedback: z.string() }),
    ),
    /** When the link ends. */
    expiresAt: Timestamp,
  })
  .meta({ id: 'SharedResult' });
export type SharedResult = z.infer<typeof SharedResult>;
