import type { SubmissionStatus } from '@gradeflow/contracts';

/** One sheet of a marksheet. */
export interface MarksheetRow {
  /** What people know the sheet by: its label, else the student, else the file. */
  name: string;
  status: SubmissionStatus;
  /** Null before there is a result. */
  score: number | null;
  maxScore: number | null;
  questions: Array<{ number: string; score: number }>;
}

export interface Marksheet {
  institutionName?: string;
  assessment: { title: string };
  rows: MarksheetRow[];
  generatedAt: Date;
}
