import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Question } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { hash } from '@node-rs/argon2';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { DemoRecord, demoRecordPath, findRecord, writeSecretFile } from './demo-record.ts';
import { readDemoKey } from './demo-sheets.ts';

/** All that the demo will be, decided before the first row is written: a run that breaks off is finished by the next one. */
const DemoPlan = z.object({
  institutionId: z.string(),
  people: z.array(
    z.object({ id: z.string(), name: z.string(), role: z.enum(['ADMIN', 'TEACHER', 'STUDENT']), email: z.string(), password: z.string() }),
  ),
  courseId: z.string(),
  assessmentId: z.string(),
  questionIds: z.array(z.string()),
});
type DemoPlan = z.infer<typeof DemoPlan>;

export interface SeedDemoOptions {
  database: Database;
  dataDir: string;
  /** Where the gateway will be. */
  url: string;
  log: (line: string) => void;
}

/**
 * On a first run (no institution yet) makes the demo institution: an admin, a teacher who teaches the course, a student in it, an
 * assessment with the demo exam's questions; writes DATA_DIR/demo.json. `created` is false when there was an institution already;
 * then `demo` is what demo.json says, or null. Safe to repeat after a crash at any point.
 */
export async function seedDemo(options: SeedDemoOptions): Promise<{ created: boolean; demo: DemoRecord | null }> {
  const { database, dataDir, url, log } = options;
  const planPath = path.join(dataDir, 'demo-plan.json');
  const recordPath = demoRecordPath(dataDir);
  const institution = await database.institutions.findFirst();
  const begun = await findRecord(planPath, DemoPlan);
  if (institution && institution.id !== begun?.institutionId) return { created: false, demo: await findRecord(recordPath, DemoRecord) };
  const key = await readDemoKey();
  const plan = begun ?? makePlan(key.length);
  await mkdir(dataDir, { recursive: true });
  await writeSecretFile(planPath, plan);
  log('Making the demo institution');
  if (!institution) await database.institutions.insert({ id: plan.institutionId, name: 'Demo School' });
  await insertPeople(database, plan);
  await insertCourse(database, plan);
  await insertAssessment(
    database,
    plan,
    key.map((question, i) => Question.parse({ ...question, id: plan.questionIds[i] })),
  );
  const demo: DemoRecord = {
    url,
    accounts: plan.people.map(({ role, email, password }) => ({ role, email, password })),
    assessmentId: plan.assessmentId,
    courseId: plan.courseId,
  };
  await writeSecretFile(recordPath, demo);
  await rm(planPath);
  return { created: true, demo };
}

function makePlan(questions: number): DemoPlan {
  const person = (role: 'ADMIN' | 'TEACHER' | 'STUDENT', name: string, email: string) => ({
    id: uuidv7(),
    name,
    role,
    email,
    password: randomBytes(15).toString('base64url'),
  });
  return {
    institutionId: uuidv7(),
    people: [
      person('ADMIN', 'Demo Admin', 'admin@demo.example'),
      person('TEACHER', 'Demo Teacher', 'teacher@demo.example'),
      person('STUDENT', 'Mira Holt', 'student@demo.example'),
    ],
    courseId: uuidv7(),
    assessmentId: uuidv7(),
    questionIds: Array.from({ length: questions }, () => uuidv7()),
  };
}

async function insertPeople({ users }: Database, { people, institutionId }: DemoPlan): Promise<void> {
  for (const { id, name, role, email, password } of people) {
    if (await users.find(id)) continue;
    // argon2id (the library's default) at the same cost as every other account: 19 MiB, 2 passes, 1 lane (OWASP).
    const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    await users.insert({ id, institutionId, email, name, role, passwordHash });
  }
}

async function insertCourse({ courses }: Database, { courseId, institutionId, people }: DemoPlan): Promise<void> {
  if (!(await courses.find(courseId))) await courses.insert({ id: courseId, institutionId, name: 'Science 8b' });
  const teacher = findPerson(people, 'TEACHER');
  const student = findPerson(people, 'STUDENT');
  if (!(await courses.isTeacher(courseId, teacher.id))) await courses.addTeacher(courseId, teacher.id);
  if (!(await courses.isEnrolled(courseId, student.id))) await courses.enrol(courseId, student.id);
}

async function insertAssessment({ assessments }: Database, plan: DemoPlan, questions: Question[]): Promise<void> {
  if (await assessments.find(plan.assessmentId)) return;
  await assessments.insert(
    {
      id: plan.assessmentId,
      institutionId: plan.institutionId,
      courseId: plan.courseId,
      createdBy: findPerson(plan.people, 'TEACHER').id,
      title: 'Science check',
      languages: ['eng'],
      anonymous: false,
      release: 'IMMEDIATE',
      reviewBelow: 0.8,
      // Everybody who tries the demo gets the same result: no random samples for people.
      sampleShare: 0,
      regradeUntil: null,
    },
    questions,
  );
}

function findPerson(people: DemoPlan['people'], role: DemoPlan['people'][number]['role']): DemoPlan['people'][number] {
  const person = people.find((candidate) => candidate.role === role);
  if (!person) throw new TypeError(`the demo has no ${role}`);
  return person;
}
