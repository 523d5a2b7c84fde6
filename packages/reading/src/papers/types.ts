import type { QuestionProposal } from '@gradeflow/contracts';

/** A question as the paper prints it; parts that carry marks of their own are questions of their own: `6(i)`. */
export interface ProposedQuestion extends QuestionProposal {
  /** Label of its section; not there on papers without sections. */
  section?: string;
  /** Id of the choice it belongs to (see `PaperChoice`); not there when it must be answered. */
  choiceGroup?: string;
}

/** "Group B: answer any four questions, 4x15=60". */
export interface PaperSection {
  /** As the paper names it: `A`, `II`; empty before the first heading. */
  label: string;
  /** The line that says what to answer; null when there is none. */
  instruction: string | null;
  /** How many of its questions are to be answered; null: all. */
  choose: number | null;
  /** Marks of each of its questions by the section's own line ("4x15=60": 15); null when it says nothing. */
  marksEach: number | null;
  /** Marks of the section by its own line; null when it says nothing. */
  stated: number | null;
}

/** "Answer any two", "a) … OR b) …": of several alternatives only some count. */
export interface PaperChoice {
  id: string;
  choose: number;
  /** Each alternative as the numbers of its questions: a whole question of parts is one alternative. */
  alternatives: string[][];
}

export interface PaperProposal {
  /** In the order of the paper. */
  proposals: ProposedQuestion[];
  sections: PaperSection[];
  choices: PaperChoice[];
  /** `sum` counts what a student can reach: of a choice only as many as may be answered. Null when a question's marks are unknown. */
  total: { stated: number | null; sum: number | null };
}
