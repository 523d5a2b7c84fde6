/** Answers of a pipeline, one after the other. */
export interface Replies {
  /** The next one; throws what Redis answered with an error, or when there is none. */
  next(): unknown;
}

/** Reads what `pipeline.exec()` gave. */
export function readReplies(replies: Array<[Error | null, unknown]> | null): Replies {
  let index = 0;
  return {
    next: () => {
      const entry = replies?.[index];
      index += 1;
      if (!entry) throw new Error('Redis gave fewer replies than commands');
      if (entry[0]) throw entry[0];
      return entry[1];
    },
  };
}
