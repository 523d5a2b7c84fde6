import type { Assessment, Database, Submission } from '@gradeflow/database';
import { type DecisionMemory, type KnownPerson, type ModelContext, personOfLabel } from '@gradeflow/grading';
import { createModelMeter, type MeterDeps } from './model-meter.ts';
import type { ModelMetrics } from './model-metrics.ts';

export type ModelContextOf = (submission: Submission, assessment: Assessment) => Promise<ModelContext>;

type Deps = MeterDeps & { database: Pick<Database, 'courses' | 'users' | 'modelDecisions'> };

/** What a model's grader gets for one submission: who must stay unnamed, what is known already, and the meter of its institution. */
export function createModelContexts(deps: Deps): ModelContextOf {
  return async (submission, assessment) => ({
    scope: submission.institutionId,
    people: await peopleOf(deps, submission, assessment),
    memory: countedMemory(deps.database.modelDecisions, deps.metrics),
    meter: createModelMeter(deps, submission),
  });
}

/** The students of the course, whoever the sheet belongs to, and what it is called. */
async function peopleOf({ database }: Deps, { studentId, label }: Submission, { courseId }: Assessment): Promise<KnownPerson[]> {
  const [roster, student] = await Promise.all([
    courseId === null ? [] : database.courses.listStudents(courseId),
    studentId === null ? null : database.users.find(studentId),
  ]);
  const people: KnownPerson[] = roster.map(({ name, email, rollNumber }) => ({ name, email, rollNumber }));
  if (student) people.push({ name: student.name, email: student.email, rollNumber: null });
  return label === null ? people : [...people, personOfLabel(label)];
}

function countedMemory(decisions: Deps['database']['modelDecisions'], metrics: ModelMetrics): DecisionMemory {
  return {
    find: async (keys) => {
      const known = await decisions.find(keys);
      metrics.decisions(known.size, keys.length - known.size);
      return known;
    },
    save: (made) => decisions.save(made),
  };
}
