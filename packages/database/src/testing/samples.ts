import { randomUUID } from 'node:crypto';
import type { PageReading, Question, QuestionResult } from '@gradeflow/contracts';
import type { Actor } from '../access.ts';
import type { Grading } from '../repositories/gradings.ts';
import type { NewSubmission } from '../repositories/submissions.ts';
import type { Database } from '../types.ts';

export interface School {
  institutionId: string;
  courseId: string;
  admin: Actor;
  /** Teaches the course. */
  teacher: Actor;
  /** Teaches nothing. */
  colleague: Actor;
  /** Enrolled in the course. */
  student: Actor;
}

/** An institution with a course and one person of each kind. */
export async function seedSchool({ institutions, users, courses }: Database): Promise<School> {
  const institutionId = randomUUID();
  await institutions.insert({ id: institutionId, name: 'School' });
  const add = async (role: Actor['role'], name: string): Promise<Actor> => {
    const userId = randomUUID();
    await users.insert({ id: userId, institutionId, email: `${userId}@example.org`, name, role, passwordHash: null });
    return { userId, institutionId, role };
  };
  const people = {
    admin: await add('ADMIN', 'Ada Admin'),
    teacher: await add('TEACHER', 'Tim Teacher'),
    colleague: await add('TEACHER', 'Cora Colleague'),
    student: await add('STUDENT', 'Sam 100% Student'),
  };
  const courseId = randomUUID();
  await courses.insert({ id: courseId, institutionId, name: 'Physics' });
  await courses.addTeacher(courseId, people.teacher.userId);
  await courses.enrol(courseId, people.student.userId);
  return { institutionId, courseId, ...people };
}

/** Inserts an assessment of this person and gives its id. */
export async function addAssessment(
  { assessments }: Database,
  maker: Actor,
  options: { courseId?: string | null; questions?: Question[] } = {},
): Promise<string> {
  const id = randomUUID();
  const settings = { anonymous: false, release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0.05, regradeUntil: null } as const;
  await assessments.insert(
    {
      ...settings,
      ...{ id, institutionId: maker.institutionId, createdBy: maker.userId, courseId: options.courseId ?? null },
      ...{ title: 'Test', languages: ['eng'] },
    },
    options.questions ?? null,
  );
  return id;
}

export function question(number: string, maxScore: number): Question {
  const defaults = { prompt: '', type: 'FREE_TEXT', lang: 'en', modelAnswers: [], rubric: null, exemplars: [] } as const;
  return { ...defaults, modelAnswers: [], exemplars: [], id: randomUUID(), number, maxScore };
}

export function newSubmission(school: School, assessmentId: string, changes: Partial<NewSubmission> = {}): NewSubmission {
  const sha256 = 'a'.repeat(64);
  return {
    id: randomUUID(),
    institutionId: school.institutionId,
    assessmentId,
    createdBy: school.teacher.userId,
    studentId: null,
    label: null,
    originalName: 'sheet.pdf',
    bytes: 3_000_000_000,
    contentHash: randomUUID(),
    files: [{ path: 'original/1.pdf', name: 'sheet.pdf', mediaType: 'application/pdf', bytes: 1000, sha256, pages: 2 }],
    pagesTotal: 2,
    createdAt: new Date(),
    ...changes,
  };
}

export function page(number: number, text = `Page ${number}`): PageReading {
  const words = text
    .split(' ')
    .map((word) => ({ text: word, confidence: 0.9, box: [1, 2, 3, 4.5] as [number, number, number, number], line: 0 }));
  return {
    number,
    width: 100,
    height: 200,
    text,
    confidence: 0.925,
    engine: 'text-layer',
    rotation: 90,
    words,
    lines: [],
    doubts: [],
    contentHash: null,
    failure: null,
  };
}

export function result(score: number, changes: Partial<QuestionResult> = {}): QuestionResult {
  const rest = {
    answerText: 'answer',
    feedback: '',
    criteria: [],
    reviewReasons: [],
    regions: [{ page: 1, box: [0, 0, 10, 10] as [number, number, number, number] }],
  };
  return { questionId: randomUUID(), number: '1', score, maxScore: 5, confidence: 0.9, needsReview: false, ...rest, ...changes };
}

export function machineGrading(
  score: number,
  questions = [result(score)],
): Pick<Grading, 'id' | 'grader' | 'rubricVersion' | 'score' | 'maxScore' | 'questions' | 'unassigned'> {
  return { id: randomUUID(), grader: 'offline', rubricVersion: 1, score, maxScore: 5, questions, unassigned: [] };
}
