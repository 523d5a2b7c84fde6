import type { PageReading, PaperAnalysis } from '@gradeflow/contracts';
import { newQuestionPaperOf, type QuestionPaper } from '@gradeflow/database';
import { type SampleSubmission, spoolSubmission } from './record-submission.ts';
import type { TestGateway } from './start-test-gateway.ts';

type Proposal = PaperAnalysis['proposals'][number];

/** A proposal as reading makes it: 3 marks, on the first page. */
export const proposalOf = (number: string, more: Partial<Proposal> = {}): Proposal => ({
  ...{
    number,
    prompt: `Explain ${number}.`,
    maxScore: 3,
    page: 1,
    box: [10, 20, 300, 40],
    confidence: 0.9,
    section: null,
    choiceGroup: null,
  },
  ...more,
});

/** Puts a question paper of the teacher into the spool and makes its row, as the beginning of extract-paper would. */
export async function recordPaper(gateway: TestGateway, sample: Omit<SampleSubmission, 'purpose'> = {}): Promise<QuestionPaper> {
  const manifest = await spoolSubmission(gateway, { ...sample, purpose: 'question-paper' });
  return gateway.ports.database.questionPapers.record(newQuestionPaperOf(manifest));
}

/** Ends its reading, as extract-paper would: one page, these proposals. */
export async function readPaper(gateway: TestGateway, { id }: QuestionPaper, proposals: Proposal[]): Promise<void> {
  const page: PageReading = {
    ...{ number: 1, width: 600, height: 800, text: 'Explain', confidence: 1, engine: 'text-layer', rotation: 0 },
    ...{
      words: [{ text: 'Explain', confidence: 1, box: [10, 20, 60, 12], line: 0 }],
      lines: [],
      doubts: [],
      contentHash: null,
      failure: null,
    },
  };
  const total = { stated: 10, sum: proposals.reduce((sum, { maxScore }) => sum + (maxScore ?? 0), 0) };
  await gateway.ports.database.questionPapers.saveAnalysis(id, [page], { proposals, sections: [], choices: [], total });
}
