import { createHash } from 'node:crypto';
import type { ConfirmedProposal, PageReading, Question, QuestionPaperView } from '@gradeflow/contracts';
import { type Actor, type Database, newQuestionPaperOf } from '@gradeflow/database';
import { AppError, ConflictError, NotFoundError } from '@gradeflow/errors';
import type { Spool } from '@gradeflow/spool';
import { storageKeys } from '@gradeflow/storage';
import type { PostgresGuard } from '../../access/postgres-guard.ts';
import type { FoundQuestionPaper } from '../../access/visibility.ts';
import type { FileAnswer } from '../../http/send-file.ts';
import type { AssessmentService } from '../assessments/assessments.service.ts';
import { noPage, type PageImages } from '../pages/page-images.ts';
import { databaseAway, lastJobOf, type Standstills } from '../standstill/standstills.ts';
import { mergeProposals } from './merge-proposals.ts';
import { presentQuestionPaper, type QuestionPaperParts } from './question-papers.presenter.ts';

export interface QuestionPaperService {
  view(found: FoundQuestionPaper): Promise<QuestionPaperView>;
  /** Throws NotFoundError PAGE_NOT_FOUND for a page that there is not, or that is not read yet. */
  page(found: FoundQuestionPaper, number: number): Promise<PageReading>;
  /** WebP of the upright page, `width` pixels wide (never enlarged), or as it was read. Throws NotFoundError PAGE_NOT_FOUND. */
  pageImage(found: FoundQuestionPaper, number: number, width: number | null): Promise<FileAnswer>;
  /**
   * Makes the list the assessment's questions (see mergeProposals) as the next version. The same list again gives what the first call made.
   * Throws ConflictError NOT_READY or ALREADY_CONFIRMED, NotFoundError ASSESSMENT_NOT_FOUND.
   */
  confirm(
    actor: Actor,
    found: FoundQuestionPaper,
    proposals: ConfirmedProposal[],
  ): Promise<{ paper: QuestionPaperView; questions: Question[]; wake: () => Promise<void> }>;
}

interface Deps {
  database: Database;
  spool: Spool;
  images: PageImages;
  assessments: Pick<AssessmentService, 'wakeWaiting'>;
  guard: PostgresGuard;
  standstills: Standstills;
}

/** Whoever saves questions at the same moment comes first; more often than that somebody is at it by machine. */
const confirmTries = 5;

export function createQuestionPaperService(deps: Deps): QuestionPaperService {
  const { database, spool, images } = deps;
  return {
    view: (found) => view(deps, found),

    page: async (found, number) => {
      const reading =
        (found.row && (await database.questionPapers.findPage(found.row.id, number))) ?? (await spool.findPage(idOf(found), number));
      if (!reading) throw noPage(number);
      return reading;
    },

    pageImage: (found, number, width) => {
      const id = idOf(found);
      const keys = { picture: storageKeys.paperPicture(id, number), derived: `${storageKeys.questionPaper(id)}/derived` };
      const isStored = found.row?.status === 'READY' || found.row?.status === 'CONFIRMED';
      return images.find({ id, number, keys, isStored }, width);
    },

    confirm: async (actor, found, proposals) => {
      if (!found.row)
        throw new ConflictError({ code: 'NOT_READY', detail: 'The paper has just arrived: there is nothing to confirm yet.' });
      const { id, assessmentId } = found.row;
      const assessment = await database.assessments.find(assessmentId);
      if (!assessment) throw noAssessment();
      const version = await saveConfirmed(deps, actor, { id, assessmentId, proposals });
      const row = await database.questionPapers.find(id);
      const saved = await database.assessments.findQuestions(assessmentId, version);
      if (!row || !saved) throw noAssessment();
      const paper = await view(deps, { row, manifest: null });
      return { paper, questions: saved.questions, wake: () => deps.assessments.wakeWaiting(assessment) };
    },
  };
}

const idOf = (found: FoundQuestionPaper) => (found.row ? found.row.id : found.manifest.submissionId);

function noAssessment(): NotFoundError {
  return new NotFoundError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'The assessment of this paper is gone.' });
}

/** Merged with the questions of that moment; when somebody saved others meanwhile, merged again. */
async function saveConfirmed(
  { database }: Deps,
  actor: Actor,
  { id, assessmentId, proposals }: { id: string; assessmentId: string; proposals: ConfirmedProposal[] },
): Promise<number> {
  const hash = createHash('sha256')
    .update(JSON.stringify(proposals.map(({ number, prompt, maxScore }) => [number, prompt, maxScore])))
    .digest('hex');
  for (let attempt = 1; ; attempt += 1) {
    const before = await database.assessments.findQuestions(assessmentId);
    if (!before) throw noAssessment();
    const questions = mergeProposals(before.questions, proposals);
    try {
      const saved = await database.questionPapers.confirm({ id, questions, hash, by: actor.userId, ifVersion: before.rubricVersion });
      return saved.version;
    } catch (error) {
      const isOvertaken = error instanceof AppError && error.code === 'PRECONDITION_FAILED';
      if (!isOvertaken || attempt === confirmTries) throw error;
    }
  }
}

async function view({ database, spool, guard, standstills }: Deps, found: FoundQuestionPaper): Promise<QuestionPaperView> {
  const id = idOf(found);
  const asked = await guard.ask(() => database.stages.list(id));
  const known = asked.answered ? asked.value : { stages: [], pagesDone: 0 };
  const underWay = found.row === null || found.row.status === 'PROCESSING';
  // Pages that were read while Postgres was away are known to the spool alone; without them the percentage would fall.
  const spooled = underWay ? await spool.listPages(id) : [];
  const paper = found.row ?? spooledPaper(found.manifest);
  const stages = known.stages.filter(({ name }) => name === 'extract');
  const job = lastJobOf['question-paper'](id, found.row?.run ?? 1);
  const explain = () => (asked.answered ? standstills.explain({ job, updatedAt: paper.updatedAt, stages }) : databaseAway(paper.updatedAt));
  const standstill = underWay ? await explain() : null;
  return presentQuestionPaper({ paper, standstill, pagesDone: Math.max(known.pagesDone, spooled.length) });
}

/** A paper that has no row yet, as its manifest tells it. */
function spooledPaper(manifest: Parameters<typeof newQuestionPaperOf>[0]): QuestionPaperParts['paper'] {
  const known = newQuestionPaperOf(manifest);
  const unknown = { reasonCode: null, reasonDetail: null, analysis: null, confirmedVersion: null };
  return { ...known, ...unknown, status: 'PROCESSING', updatedAt: known.createdAt };
}
