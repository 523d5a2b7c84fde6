import { neutralName } from '@gradeflow/contracts';
import { type Actor, type Assessment, type Database, hidesNames, type Submission } from '@gradeflow/database';
import { ConflictError } from '@gradeflow/errors';
import type { PagePerson } from '@gradeflow/reading';
import { createNameScreen, type NameScreen } from './name-screen.ts';
import type { PostgresGuard } from './postgres-guard.ts';

/** Who learns whose sheet it is. */
export interface Anonymity {
  /** True when this person must not learn it of sheets of the assessment; also while Postgres is silent, when nobody can say. */
  hides(actor: Actor, assessmentId: string): Promise<boolean>;
  /** What blots the names of those out whose sheet it may be: its student, else the students of the course. Null when names are not hidden from this person. */
  screen(actor: Actor, sheet: { assessmentId: string; studentId: string | null }): Promise<NameScreen | null>;
  /** The same for sheets of several assessments, by assessment; without those whose names are not hidden. */
  screens(actor: Actor, assessmentIds: readonly string[]): Promise<Map<string, NameScreen>>;
}

interface Deps {
  database: Pick<Database, 'assessments' | 'users' | 'courses'>;
  guard: PostgresGuard;
}

export function createAnonymity({ database, guard }: Deps): Anonymity {
  const people = async (assessment: Assessment, studentId: string | null): Promise<PagePerson[]> => {
    const student = studentId === null ? null : await database.users.find(studentId);
    if (student) return [student];
    return assessment.courseId === null ? [] : database.courses.listStudents(assessment.courseId);
  };

  const screen: Anonymity['screen'] = async (actor, { assessmentId, studentId }) => {
    if (actor.role === 'STUDENT') return null;
    const asked = await guard.ask(async () => {
      const assessment = await database.assessments.find(assessmentId);
      return assessment && hidesNames(assessment) ? createNameScreen(await people(assessment, studentId)) : null;
    });
    return asked.answered ? asked.value : createNameScreen([]);
  };

  return {
    screen,

    screens: async (actor, assessmentIds) => {
      const made = [...new Set(assessmentIds)].map(
        async (assessmentId) => [assessmentId, await screen(actor, { assessmentId, studentId: null })] as const,
      );
      return new Map((await Promise.all(made)).flatMap(([id, found]) => (found ? [[id, found]] : [])));
    },

    hides: async (actor, assessmentId) => {
      if (actor.role === 'STUDENT') return false;
      const asked = await guard.ask(() => database.assessments.find(assessmentId));
      return asked.answered ? asked.value !== null && hidesNames(asked.value) : true;
    },
  };
}

/** Students see their own sheets alone, and know whose these are. */
export function hidesNamesFrom(actor: Pick<Actor, 'role'>, assessment: Assessment): boolean {
  return actor.role !== 'STUDENT' && hidesNames(assessment);
}

/** The same submission by its neutral name: no student, label or file name. */
export function withoutNames<Of extends Submission>(submission: Of): Of {
  const name = neutralName(submission.id);
  const mediaType = submission.files[0]?.mediaType ?? 'application/pdf';
  return { ...submission, studentId: null, student: null, label: name, originalName: `${name}.${mediaType.split('/').at(-1)}` };
}

/** For questions about a student while names are hidden: the answer would tell which sheet is theirs. */
export function anonymous(): ConflictError {
  return new ConflictError({
    code: 'ANONYMOUS_MARKING',
    detail: 'Marking is anonymous until results are released: sheets cannot be asked for by student.',
  });
}
