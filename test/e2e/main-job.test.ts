import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { PageReading, Question, QuestionPaperView, SubmissionView } from '@gradeflow/contracts';
import { isAlive, startRedis } from '@gradeflow/embedded-services';
import { createTempDir, createTestDatabase, type TestDatabase, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import { demoFile, type Fleet, repository, type Session, signIn, startFleet } from './fleet.ts';
import { type RedisTap, tapRedis } from './redis-tap.ts';

/** Marks of the first demo sheet: 4 is answered wrongly, 5 by half. */
const expectedMarks = { '1': 3, '2': 2, '3': 1, '4': 0, '5': 1, '6(a)': 2, '6(b)': 1 };

let folder: Awaited<ReturnType<typeof createTempDir>>;
let database: TestDatabase;
let fleet: Fleet;
let teacher: Session;
/** Of this run alone, so that every key in it is ours. */
let redis: Awaited<ReturnType<typeof startRedis>>;
let tap: RedisTap;

beforeAll(async () => {
  folder = await createTempDir();
  database = await createTestDatabase();
  redis = await startRedis({ dataDir: path.join(folder.path, 'services'), log: () => {}, persist: false });
  tap = await tapRedis(redis.url);
  const env = { DATABASE_URL: database.url, REDIS_QUEUE_URL: redis.url, REDIS_CACHE_URL: redis.url };
  fleet = await startFleet({ dataDir: path.join(folder.path, 'data'), env });
  teacher = await signIn(fleet, 'TEACHER');
}, 120_000);

afterAll(async () => {
  fleet?.kill();
  tap?.close();
  await redis?.stop();
  await database?.drop();
  await folder?.remove();
}, 60_000);

describe('an account, with the real processes', () => {
  const post = (route: string, body: object) =>
    fetch(`${fleet.url}/v1/auth/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  /** The one mail to an address that has this subject. */
  const mailTo = (email: string, subject: string) =>
    waitFor(
      async () => {
        const mail = path.join(folder.path, 'data', 'mail');
        const names = (await readdir(mail)).filter((name) => name.endsWith('.eml'));
        const contents = await Promise.all(names.map((name) => readFile(path.join(mail, name), 'utf8')));
        return contents.find((content) => content.includes(`To: ${email}`) && content.includes(`Subject: ${subject}`));
      },
      { timeoutMs: 60_000, what: `the mail "${subject}"` },
    );

  it('is registered, proved by a mailed code, and gets a new password by a mailed link', async () => {
    const email = 'grace@example.org';
    expect((await post('register', { email, password: 'a good password', name: 'Grace', institutionName: 'Navy' })).status).toBe(201);
    const code = /code is (\d{6})/.exec(await mailTo(email, 'Your Gradeflow code'))?.[1];
    expect((await post('verification/confirm', { email, code })).status).toBe(204);
    expect((await post('password-reset', { email })).status).toBe(202);
    const mail = (await mailTo(email, 'A new password for Gradeflow')).replaceAll('=\n', '').replaceAll('=3D', '=');
    const token = /token=([\w.-]+)/.exec(mail)?.[1];
    expect((await post('password-reset/confirm', { token, password: 'a newer password' })).status).toBe(204);
    expect((await post('login', { email, password: 'a newer password' })).status).toBe(200);
  }, 150_000);
});

describe('the main job, with the real processes', () => {
  let graded: SubmissionView;

  it('shows the sample sheet’s marks in the terminal on a first run', async () => {
    await waitFor(() => fleet.output().includes('Total    10/12'), { timeoutMs: 60_000, what: 'the marks in the terminal' });
  }, 70_000);

  it('takes a scanned sheet to the marks that it must get, each with its place on the page', async () => {
    const { id, response } = await teacher.upload(fleet.demo.assessmentId, await pdfBytes('sheet-1.pdf'), 'First');
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/v1/submissions/${id}`);
    graded = await teacher.follow(id);
    expect(graded).toMatchObject({ status: 'GRADED', progress: { percent: 100, pagesDone: 1, pagesTotal: 1 }, reason: null });
    const questions = graded.result?.questions ?? [];
    expect(Object.fromEntries(questions.map(({ number, score }) => [number, score]))).toEqual(expectedMarks);
    for (const question of questions) expect(question.regions).toHaveLength(1);
    const met = questions.flatMap(({ criteria }) => criteria.filter(({ decision }) => decision === 'MET'));
    expect(met.length).toBeGreaterThan(5);
    for (const { evidence } of met) expect(evidence.length).toBeGreaterThan(0);
  }, 90_000);

  it('runs extract, persist and record side by side and grades after all of them', async () => {
    graded = await teacher.settle(graded.id);
    const stages = Object.fromEntries(graded.stages.map((stage) => [stage.name, stage]));
    const at = (value: string | null | undefined) => new Date(value ?? Number.NaN).getTime();
    for (const name of ['extract', 'persist', 'record', 'grade']) expect(stages[name]?.status).toBe('COMPLETED');
    const begun = ['extract', 'persist', 'record'].map((name) => at(stages[name]?.startedAt));
    const ended = ['extract', 'persist', 'record'].map((name) => at(stages[name]?.finishedAt));
    expect(Math.max(...begun)).toBeLessThan(at(stages.extract?.finishedAt));
    expect(at(stages.grade?.startedAt)).toBeGreaterThanOrEqual(Math.max(...ended));
  });

  it('serves the page’s words, its picture in their frame, and the original as it was sent', async () => {
    const page = await teacher.json<PageReading>(`/v1/submissions/${graded.id}/pages/1`);
    expect(page.engine).toContain('tesseract');
    const evidence = graded.result?.questions[0]?.criteria[0]?.evidence[0];
    const word = page.words.find(({ text }) => text === 'sunlight');
    expect(word?.box).toEqual(evidence?.box);
    const picture = await teacher.get(`/v1/submissions/${graded.id}/pages/1/image`);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    const file = await teacher.get(`/v1/submissions/${graded.id}/file`);
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(await pdfBytes('sheet-1.pdf')))).toBe(true);
  });

  it('tells the teacher, and makes a marksheet', async () => {
    const subject = await waitFor(
      async () => {
        const { items } = await teacher.json<{ items: Array<{ event: string; subject: { id: string } }> }>('/v1/notifications');
        return items.find((item) => item.event === 'submission.graded' && item.subject.id === graded.id)?.subject;
      },
      { what: 'the notice' },
    );
    expect(subject.id).toBe(graded.id);
    const created = await teacher.post(`/v1/assessments/${fleet.demo.assessmentId}/reports`, { kind: 'marksheet', format: 'pdf' });
    expect(created.status).toBe(202);
    const { id } = (await created.json()) as { id: string };
    await waitFor(async () => (await teacher.json<{ status: string }>(`/v1/reports/${id}`)).status === 'READY', {
      timeoutMs: 30_000,
      what: 'the report',
    });
    const bytes = Buffer.from(await (await teacher.get(`/v1/reports/${id}/file`)).arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  }, 60_000);

  it('grades a sheet once although the reading worker is killed in the middle of it', async () => {
    const { id } = await teacher.upload(fleet.demo.assessmentId, await sixPages(), 'Six pages');
    await waitFor(
      async () => {
        const { pagesDone } = (await teacher.json<SubmissionView>(`/v1/submissions/${id}`)).progress;
        if (pagesDone >= 6) throw new Error('all pages were read before the kill');
        return pagesDone >= 1;
      },
      { timeoutMs: 60_000, what: 'the first page' },
    );
    const worker = fleet.processes().find(({ command }) => command.includes('worker-ocr/src/main.ts'));
    process.kill(worker?.pid ?? Number.NaN, 'SIGKILL');
    const view = await teacher.follow(id, 120_000);
    expect(['GRADED', 'NEEDS_REVIEW']).toContain(view.status);
    expect(view.progress).toMatchObject({ pagesDone: 6, pagesTotal: 6, percent: 100 });
    const { items } = await teacher.json<{ items: unknown[] }>(`/v1/submissions/${id}/gradings`);
    expect(items).toHaveLength(1);
    for (let number = 1; number <= 6; number++) {
      const page = await teacher.json<PageReading>(`/v1/submissions/${id}/pages/${number}`);
      expect([page.failure, page.text.includes('Science check')]).toEqual([null, true]);
    }
    const restarted = fleet.processes().find(({ command }) => command.includes('worker-ocr/src/main.ts'));
    expect(restarted?.pid).not.toBe(worker?.pid);
  }, 200_000);

  it('takes a large sheet from the command line to its marks although the gateway is killed while it arrives', async () => {
    const sheet = await heavySheet(60_000_000);
    const file = path.join(folder.path, 'heavy.pdf');
    await writeFile(file, sheet);
    const args = ['upload', file, '--assessment', fleet.demo.assessmentId, '--url', fleet.url, '--json'];
    const env = { ...process.env, GRADEFLOW_TOKEN: teacher.accessToken, XDG_STATE_HOME: folder.path };
    const command = spawn(process.execPath, ['apps/cli/src/main.ts', ...args], { cwd: repository, env });
    const printed = Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
    const uploads = path.join(folder.path, 'data', 'spool', 'uploads');
    await waitFor(
      async () => {
        const sizes = await Promise.all((await readdir(uploads)).map(async (name) => (await stat(path.join(uploads, name))).size));
        if (sizes.includes(sheet.length)) throw new Error('the whole file had arrived before the kill');
        return sizes.some((size) => size > 20_000_000);
      },
      { timeoutMs: 30_000, everyMs: 2, what: 'a third of the file' },
    );
    const gateway = fleet.processes().find(({ command: line }) => line.includes('gateway/src/main.ts'));
    process.kill(gateway?.pid ?? Number.NaN, 'SIGKILL');
    const [out, err, [code]] = await printed;
    expect([code, err]).toEqual([0, expect.stringContaining('going on in')]);
    const view = JSON.parse(out) as SubmissionView;
    expect(Object.fromEntries(view.result?.questions.map(({ number, score }) => [number, score]) ?? [])).toEqual(expectedMarks);
    const received = await teacher.get(`/v1/submissions/${view.id}/file`);
    expect(Buffer.from(await received.arrayBuffer()).equals(sheet)).toBe(true);
  }, 120_000);

  it('makes the questions of an assessment from an uploaded question paper', async () => {
    const { id: assessmentId } = (await (await teacher.post('/v1/assessments', { title: 'Biology' })).json()) as { id: string };
    const form = new FormData();
    form.set('file', new Blob([await pdfBytes('paper.pdf')], { type: 'application/pdf' }), 'paper.pdf');
    const headers = { authorization: `Bearer ${teacher.accessToken}` };
    const upload = await fetch(`${fleet.url}/v1/assessments/${assessmentId}/question-paper`, { method: 'POST', headers, body: form });
    expect(upload.status).toBe(202);
    const { statusUrl } = (await upload.json()) as { statusUrl: string };
    const paper = await waitFor(
      async () => {
        const view = await teacher.json<QuestionPaperView>(statusUrl);
        return view.status === 'PROCESSING' ? null : view;
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'the proposals' },
    );
    expect(paper).toMatchObject({
      status: 'READY',
      progress: { percent: 100, pagesDone: 1, pagesTotal: 1 },
      total: { stated: 12, sum: 12 },
    });
    const marksOf = (list: Array<{ number: string; maxScore: number | null }>) => list.map(({ number, maxScore }) => [number, maxScore]);
    const key = await teacher.json<{ questions: Question[] }>(`/v1/assessments/${fleet.demo.assessmentId}/questions`);
    expect(marksOf(paper.proposals)).toEqual(marksOf(key.questions));
    const picture = await teacher.get(`${statusUrl}/pages/1/image`);
    expect(picture.headers.get('content-type')).toBe('image/webp');
    const confirmed = await teacher.post(`${statusUrl}/confirm`, { proposals: paper.proposals });
    expect(confirmed.status).toBe(200);
    const { questions, rubricVersion } = await teacher.json<{ questions: Question[]; rubricVersion: number }>(
      `/v1/assessments/${assessmentId}/questions`,
    );
    expect([rubricVersion, marksOf(questions)]).toEqual([1, marksOf(key.questions)]);
  }, 90_000);

  it('shows how things stand, from the cache the second time, and never what a write has ended', async () => {
    const dashboard = async () => (await teacher.get('/v1/dashboard')).json() as Promise<{ assessments: number }>;
    const before = await dashboard();
    expect((await teacher.get('/v1/dashboard')).headers.get('x-cache')).toBe('HIT');
    expect((await teacher.post('/v1/assessments', { title: 'One more' })).status).toBe(201);
    expect((await dashboard()).assessments).toBe(before.assessments + 1);
  });

  it('left no key in Redis that is not declared, none without an end where one is declared, and never used KEYS', async () => {
    expect(await tap.faults()).toEqual([]);
    expect(tap.familiesSeen()).toEqual(
      expect.arrayContaining(['cached answers', 'heartbeats', 'jobs and flows', 'tags of cached answers']),
    );
  });

  it('ends with 0 on Ctrl-C and leaves no process behind', async () => {
    const before = fleet.processes();
    expect(before.filter(({ command }) => command.includes('src/main.ts')).length).toBeGreaterThanOrEqual(6);
    expect(await fleet.interrupt()).toBe(0);
    const alive = await Promise.all(before.map(({ pid }) => isAlive(pid)));
    expect(before.filter((_, i) => alive[i])).toEqual([]);
  }, 60_000);
});

async function pdfBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await readFile(demoFile(name)));
}

/** The first sheet and five times the second: a scan whose reading takes some seconds. */
async function sixPages(): Promise<Uint8Array<ArrayBuffer>> {
  const pdf = await PDFDocument.create();
  for (const name of ['sheet-1.pdf', ...Array<string>(5).fill('sheet-2.pdf')]) {
    const [page] = await pdf.copyPages(await PDFDocument.load(await pdfBytes(name)), [0]);
    if (page) pdf.addPage(page);
  }
  return Uint8Array.from(await pdf.save());
}

/** The first sheet with an attachment of so many bytes. */
async function heavySheet(bytes: number): Promise<Buffer> {
  const pdf = await PDFDocument.load(await pdfBytes('sheet-1.pdf'));
  await pdf.attach(randomBytes(bytes), 'attachment.bin');
  return Buffer.from(await pdf.save());
}
