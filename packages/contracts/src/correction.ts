import { z } from 'zod';

const page = z.number().int().positive();
const wordIndex = z.number().int().nonnegative();

/** What a person says about one answer's reading: how it reads as a whole, how single words of a page read, or which words of the sheet it is made of. */
const changeFields = {
  /** All of the answer; empty: nothing was written. */
  text: z.string().max(20_000),
  /** `index` counts the words of the page as `…/pages/:n` lists them, from 0. */
  words: z
    .array(z.strictObject({ page, index: wordIndex, text: z.string().trim().min(1).max(200) }))
    .min(1)
    .max(500),
  /** Stretches of words `[from, to)`, in the order of reading. Other answers lose them. */
  assign: z
    .array(z.strictObject({ page, from: wordIndex, to: wordIndex }))
    .min(1)
    .max(200),
};

/** One correction as it is kept: exactly one of the three. */
export const AnswerChange = z.union([
  z.strictObject({ text: changeFields.text }),
  z.strictObject({ words: changeFields.words }),
  z.strictObject({ assign: changeFields.assign }),
]);
export type AnswerChange = z.infer<typeof AnswerChange>;

/** The same as three optional fields, so that a fault is named by its place. */
export const answerChangeFields = {
  text: changeFields.text.optional(),
  words: changeFields.words.optional(),
  assign: changeFields.assign.optional(),
};
