import { z } from 'zod';
import { Box, Confidence } from './domain.ts';
import { QuestionFields } from './question.ts';

export const QuestionPaperStatus = z.enum(['PROCESSING', 'READY', 'CONFIRMED', 'FAILED']);
export type QuestionPaperStatus = z.infer<typeof QuestionPaperStatus>;

/** One question as the machine read it on a paper. */
export const QuestionProposal = z.object({
  /** As printed, parts joined: `1(a)`. */
  number: z.string(),
  prompt: z.string(),
  /** Null when the paper states none. */
  maxScore: z.number().nullable(),
  /** 1-based; where the question begins. */
  page: z.number().int().positive(),
  /** Of the question on that page, in pixels of its picture. */
  box: Box,
  confidence: Confidence,
});
export type QuestionProposal = z.infer<typeof QuestionProposal>;

/** A section of a paper with what its own line says; null where it says nothing. */
export const PaperSection = z.object({
  label: z.string(),
  instruction: z.string().nullable(),
  /** How many of its questions are to be answered; null: all. */
  choose: z.number().nullable(),
  marksEach: z.number().nullable(),
  stated: z.number().nullable(),
});

/** Alternatives of which `choose` are to be answered, each as the numbers of its questions. */
export const PaperChoice = z.object({ id: z.string(), choose: z.number(), alternatives: z.array(z.array(z.string())) });

/** Marks that the paper states, and what a student can reach by its questions; null where that is not known. */
export const PaperTotal = z.object({ stated: z.number().nullable(), sum: z.number().nullable() });

/** All that is proposed for one paper. */
export const PaperAnalysis = z.object({
  /** In the order of the paper. */
  proposals: z.array(
    QuestionProposal.extend({
      /** Label of its section; null on papers without sections. */
      section: z.string().nullable(),
      /** Id of the choice that it belongs to; null when it must be answered. */
      choiceGroup: z.string().nullable(),
    }),
  ),
  sections: z.array(PaperSection),
  choices: z.array(PaperChoice),
  total: PaperTotal,
});
export type PaperAnalysis = z.infer<typeof PaperAnalysis>;

/** What a person makes of a proposal. Its place and confidence may be sent back too; they are not read. */
export const ConfirmedProposal = QuestionFields.pick({ number: true, prompt: true, maxScore: true });
export type ConfirmedProposal = z.infer<typeof ConfirmedProposal>;

/** The whole list of a paper: as a list of questions, numbers are unique; an empty list confirms nothing. */
export const ConfirmedProposals = z
  .array(ConfirmedProposal)
  .min(1)
  .max(500)
  .superRefine((proposals, ctx) => {
    const seen = new Set<string>();
    proposals.forEach(({ number }, index) => {
      if (seen.has(number)) ctx.addIssue({ code: 'custom', path: [index, 'number'], message: `two questions have the number "${number}"` });
      seen.add(number);
    });
  });
