import type { SubmissionItem, SubmissionView } from '@gradeflow/contracts';
import { type Fleet, type Session, signIn } from '../e2e/fleet.ts';

export type Item = SubmissionItem;

export interface Notice {
  event: string;
  subject: { type: string; id: string };
}

/** The calls of a round, as the teacher of the demo school. */
export interface Api {
  accessToken: string;
  createAssessment(title: string): Promise<string>;
  listSubmissions(assessmentId: string): Promise<Item[]>;
  getSubmission(id: string): Promise<SubmissionView>;
  /** Grader of each grading. */
  listGraders(id: string): Promise<string[]>;
  /** Newest first, back to before `since`. */
  listNotices(since: Date): Promise<Notice[]>;
}

export async function openApi(fleet: Fleet): Promise<Api> {
  const teacher = await signIn(fleet, 'TEACHER');
  const { questions } = await teacher.json<{ questions: unknown[] }>(`/v1/assessments/${fleet.demo.assessmentId}/questions`);
  return {
    accessToken: teacher.accessToken,
    async createAssessment(title) {
      const response = await teacher.post('/v1/assessments', { title, questions, sampleShare: 0 });
      if (response.status !== 201) throw new Error(`the assessment was refused with ${response.status}: ${await response.text()}`);
      return ((await response.json()) as { id: string }).id;
    },
    listSubmissions: (assessmentId) => listAll<Item>(teacher, `/v1/assessments/${assessmentId}/submissions`),
    getSubmission: (id) => teacher.json<SubmissionView>(`/v1/submissions/${id}`),
    async listGraders(id) {
      const { items } = await teacher.json<{ items: Array<{ grader: string }> }>(`/v1/submissions/${id}/gradings`);
      return items.map(({ grader }) => grader);
    },
    listNotices: (since) =>
      listAll<Notice & { createdAt: string }>(teacher, '/v1/notifications', (notice) => new Date(notice.createdAt) >= since),
  };
}

async function listAll<T>(session: Session, route: string, goOn: (item: T) => boolean = () => true): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: T[]; nextCursor: string | null } = await session.json(
      `${route}?limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    const wanted = page.items.filter(goOn);
    all.push(...wanted);
    cursor = wanted.length < page.items.length ? null : page.nextCursor;
  } while (cursor !== null);
  return all;
}
