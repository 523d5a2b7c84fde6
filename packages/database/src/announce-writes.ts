import type { PrismaClient } from './generated/client.ts';
import type { Database } from './types.ts';

/** Where a row belongs; null where there is none (yet). */
type Scope = { institutionId: string; assessmentId: string } | null;

type Lookups = ReturnType<typeof createLookups>;

/** Tags name what cached answers are made of. An id in capitals is the same id. */
export const institutionTag = (id: string): string => `institution:${id.toLowerCase()}`;
export const assessmentTag = (id: string): string => `assessment:${id.toLowerCase()}`;
export const userTag = (id: string): string => `user:${id.toLowerCase()}`;
/** All banks of an institution, by name. */
export const banksTag = (institutionId: string): string => `banks:${institutionId.toLowerCase()}`;
/** The questions of one bank. */
export const bankTag = (id: string): string => `bank:${id.toLowerCase()}`;

const ofScope = (scope: Scope): string[] =>
  scope === null ? [] : [institutionTag(scope.institutionId), assessmentTag(scope.assessmentId)];

const inInstitution = (row: { institutionId: string } | null): string[] => (row === null ? [] : [institutionTag(row.institutionId)]);

const ofBank = (id: string, bank: { institutionId: string } | null): string[] =>
  bank === null ? [] : [bankTag(id), banksTag(bank.institutionId), institutionTag(bank.institutionId)];

/** Null: changes nothing that a cached answer shows. */
type TagsOf<Method> = Method extends (...args: infer Args) => Promise<infer Result>
  ? ((look: Lookups, args: Args, result: Result) => Promise<string[]> | string[]) | null
  : never;

/** Repositories of which no cached answer shows anything. Steps and pages of a sheet under way are here on purpose: only its percentage changes with them, and that may lag by the seconds that a dashboard lives. */
type Unseen =
  | 'refreshFamilies'
  | 'sessions'
  | 'apiKeys'
  | 'idempotencyKeys'
  | 'stages'
  | 'pages'
  | 'audit'
  | 'answers'
  | 'notifications'
  | 'reports'
  | 'rooms'
  | 'shareLinks'
  | 'modelSpending'
  | 'modelDecisions'
  | 'cacheEpochs'
  | 'leases'
  | 'figures'
  | 'search'
  | 'activity'
  | 'answerGroups'
  | 'decisionBatches'
  | 'snippets'
  | 'visible'
  | 'standstills';

type Announced = Exclude<keyof Database, Unseen | 'together' | 'ping' | 'close'>;

/** What every method of the other repositories changes. A new method, or a new repository, does not compile before it stands here or among the unseen. */
const changes: { [R in Announced]: { [M in keyof Database[R]]: TagsOf<Database[R][M]> } } = {
  users: { findByEmail: null, find: null, insert: (_look, [user]) => [institutionTag(user.institutionId)] },
  institutions: { insert: null, findFirst: null, find: null, update: (_look, [id]) => [institutionTag(id)] },
  courses: {
    insert: null,
    addTeacher: async (look, [courseId]) => inInstitution(await look.course(courseId)),
    enrol: async (look, [courseId]) => inInstitution(await look.course(courseId)),
    find: null,
    isTeacher: null,
    isEnrolled: null,
    listStudents: null,
  },
  courseRecords: {
    listFor: null,
    find: null,
    insert: (_look, [{ institutionId }]) => [institutionTag(institutionId)],
    rename: async (look, [id]) => inInstitution(await look.course(id)),
    // Only without assessments, so that no cached answer knows it.
    remove: null,
    setTeachers: async (look, [id]) => inInstitution(await look.course(id)),
  },
  rosters: {
    list: null,
    add: (_look, [{ institutionId }]) => [institutionTag(institutionId)],
    remove: (_look, [{ institutionId }]) => [institutionTag(institutionId)],
  },
  people: {
    register: null,
    create: (_look, [{ institutionId }]) => [institutionTag(institutionId)],
    find: null,
    listOf: null,
    update: (_look, [id], { institutionId }) => [userTag(id), institutionTag(institutionId)],
    remove: (_look, [id], { institutionId }) => [userTag(id), institutionTag(institutionId)],
    resetPassword: (_look, [id]) => [userTag(id)],
    markVerified: (_look, [id]) => [userTag(id)],
    invite: null,
    acceptInvite: (_look, _args, user) => (user ? [userTag(user.id), institutionTag(user.institutionId)] : []),
  },
  profiles: { find: null, update: (_look, [userId], { institution }) => [userTag(userId), institutionTag(institution.id)] },
  assessments: {
    insert: (_look, _args, { institutionId }) => [institutionTag(institutionId)],
    find: null,
    listFor: null,
    update: (_look, [id], { institutionId }) => [institutionTag(institutionId), assessmentTag(id)],
    remove: async (look, [id]) => ofScope(await look.assessment(id)),
    findQuestions: null,
    saveQuestions: async (look, [id]) => ofScope(await look.assessment(id)),
  },
  rubrics: {
    listVersions: null,
    findVersion: null,
    listResultHeads: null,
    listResults: null,
    regradeMany: async (look, [assessmentId]) => ofScope(await look.assessment(assessmentId)),
  },
  submissions: {
    record: (_look, [input]) => ofScope(input),
    fail: async (look, [input]) => ofScope(await look.submission(input.id)),
    find: null,
    findMany: null,
    isDeleted: null,
    listStates: null,
    list: null,
    update: async (look, [id]) => ofScope(await look.submission(id)),
    markDeleted: async (look, [id]) => ofScope(await look.submission(id)),
    nextRun: (_look, _args, row) => ofScope(row),
    takeFence: null,
    setPersisted: null,
    listWaitingForQuestions: null,
    listUnfinished: null,
    countUnfinished: null,
    listAssessmentsWithWaiting: null,
  },
  gradings: {
    saveMachineGrading: async (look, [{ submissionId }]) => ofScope(await look.submission(submissionId)),
    saveDecision: async (look, [{ submissionId }]) => ofScope(await look.submission(submissionId)),
    listCurrent: null,
    findCurrentResult: null,
    findCurrent: null,
    find: null,
    list: null,
    listUnannounced: null,
    listForAssessment: null,
  },
  releases: {
    preview: null,
    release: async (look, [assessmentId]) => ofScope(await look.assessment(assessmentId)),
    unrelease: async (look, [assessmentId]) => ofScope(await look.assessment(assessmentId)),
  },
  corrections: {
    save: async (look, [{ submissionId }]) => ofScope(await look.submission(submissionId)),
    list: null,
    findScope: null,
  },
  regradeRequests: {
    insert: async (look, [{ submissionId }]) => ofScope(await look.submission(submissionId)),
    list: null,
    find: null,
    findSubmission: null,
    answer: async (look, [{ id }]) => ofScope(await look.regradeRequest(id)),
  },
  reviews: {
    list: null,
    claim: null,
    renew: null,
    release: null,
    rejudge: async (look, [assessmentId]) => ofScope(await look.assessment(assessmentId)),
  },
  questionPapers: {
    record: null,
    fail: null,
    find: null,
    findMany: null,
    findPage: null,
    nextRun: null,
    saveAnalysis: null,
    confirm: async (look, [{ id }]) => ofScope(await look.questionPaper(id)),
    listUnfinished: null,
  },
  questionBanks: {
    insert: (_look, [{ institutionId }]) => [banksTag(institutionId)],
    find: null,
    listFor: null,
    rename: (_look, [id], { institutionId }) => [banksTag(institutionId), bankTag(id), institutionTag(institutionId)],
    remove: (_look, [{ id, institutionId }]) => [banksTag(institutionId), bankTag(id), institutionTag(institutionId)],
    insertQuestion: async (look, [id]) => ofBank(id, await look.bank(id)),
    findQuestion: null,
    listQuestions: null,
    replaceQuestion: async (look, [id]) => ofBank(id, await look.bank(id)),
    removeQuestion: async (look, [id]) => ofBank(id, await look.bank(id)),
    findManyFor: null,
  },
};

/** Also of what is marked as deleted: that is when it matters. */
function createLookups(prisma: PrismaClient) {
  const scope = { institutionId: true, assessmentId: true } as const;
  const institution = { institutionId: true } as const;
  return {
    submission: (id: string): Promise<Scope> => prisma.submission.findUnique({ where: { id }, select: scope }),
    regradeRequest: async (id: string): Promise<Scope> => {
      const row = await prisma.regradeRequest.findUnique({ where: { id }, select: { submissionId: true } });
      return row && prisma.submission.findUnique({ where: { id: row.submissionId }, select: scope });
    },
    questionPaper: (id: string): Promise<Scope> => prisma.questionPaper.findUnique({ where: { id }, select: scope }),
    assessment: async (id: string): Promise<Scope> => {
      const row = await prisma.assessment.findUnique({ where: { id }, select: institution });
      return row && { ...row, assessmentId: id };
    },
    course: (id: string) => prisma.course.findUnique({ where: { id }, select: institution }),
    person: (id: string) => prisma.user.findUnique({ where: { id }, select: institution }),
    bank: (id: string) => prisma.questionBank.findUnique({ where: { id }, select: institution }),
  };
}

/**
 * The same database, whose writes tell `onWrite` the tags of what they changed, after the commit and before they resolve. An error of `onWrite` is the
 * write's, though it has happened.
 */
export function announceWrites(database: Database, prisma: PrismaClient, onWrite: (tags: string[]) => Promise<void>): Database {
  const look = createLookups(prisma);
  return announcing(onWrite);

  function announcing(tell: (tags: string[]) => Promise<void> | void): Database {
    const together: Database['together'] = async (work) => {
      const gathered = gather(onWrite);
      try {
        return await work(announcing(gathered.add));
      } finally {
        await gathered.told();
      }
    };
    return { ...database, ...announcedRepositories(database, look, tell), together };
  }
}

/** Tells what is added in the order of its coming, all that has come meanwhile at once. */
function gather(tell: (tags: string[]) => Promise<void>): { add(tags: string[]): void; told(): Promise<void> } {
  let pending = new Set<string>();
  let telling: Promise<void> | null = null;
  let failure: { error: unknown } | null = null;
  const tellAll = async () => {
    while (pending.size > 0) {
      const tags = [...pending];
      pending = new Set();
      await tell(tags);
    }
  };
  return {
    add: (tags) => {
      for (const tag of tags) pending.add(tag);
      telling ??= tellAll().finally(() => {
        telling = null;
      });
      telling.catch((error: unknown) => {
        failure = { error };
      });
    },
    told: async () => {
      await telling;
      if (failure) throw failure.error;
    },
  };
}

function announcedRepositories(database: Database, look: Lookups, tell: (tags: string[]) => Promise<void> | void): Partial<Database> {
  type Method = (...args: unknown[]) => Promise<unknown>;
  type TagsOfCall = (look: Lookups, args: unknown[], result: unknown) => Promise<string[]> | string[];
  const announced = Object.entries(changes).map(([name, methods]) => {
    const repository = { ...(database[name as Announced] as unknown as Record<string, Method>) };
    for (const [method, tagsOf] of Object.entries(methods as Record<string, TagsOfCall | null>)) {
      const call = repository[method];
      if (tagsOf === null || call === undefined) continue;
      repository[method] = async (...args) => {
        const result = await call(...args);
        const tags = await tagsOf(look, args, result);
        if (tags.length > 0) await tell(tags);
        return result;
      };
    }
    return [name, repository];
  });
  return Object.fromEntries(announced) as Partial<Database>;
}
