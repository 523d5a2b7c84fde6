/** A part of the results with a heading of its own. */
export interface DurabilitySection {
  /** For `--only`. */
  name: string;
  title: string;
  /** Lines of Markdown. `quick` is a look at whether everything works: its figures mean nothing. */
  run(options: { quick: boolean }): Promise<string[]>;
}
