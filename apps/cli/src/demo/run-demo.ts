import type { Writable } from 'node:stream';
import { NotFoundError } from '@gradeflow/errors';
import { describeProgress, followSubmission } from '../client/follow-submission.ts';
import { createGatewayClient } from '../client/gateway-client.ts';
import { renderMarks } from '../terminal/marks-table.ts';
import { createProgress } from '../terminal/progress.ts';
import { DemoRecord, demoRecordPath, findRecord } from './demo-record.ts';
import { demoAsset, readDemoKey } from './demo-sheets.ts';

/**
 * Sends the first demo sheet through the gateway as the demo teacher, as anybody would over HTTP, and shows progress and marks.
 * Throws NotFoundError without demo.json, and what the gateway answers.
 */
export async function runDemo(options: { url: string; dataDir: string; out: Writable; signal?: AbortSignal }): Promise<void> {
  const { url, dataDir, out, signal } = options;
  const demo = await findRecord(demoRecordPath(dataDir), DemoRecord);
  const teacher = demo?.accounts.find((account) => account.role === 'TEACHER');
  if (!demo || !teacher) throw new NotFoundError({ code: 'DEMO_NOT_FOUND', detail: `${demoRecordPath(dataDir)} has no demo teacher.` });
  const client = createGatewayClient(url);
  const { accessToken: token } = await client.login(teacher.email, teacher.password);
  out.write('\nSending a sample sheet (apps/cli/assets/demo/sheet-1.pdf) through the gateway\n');
  const started = Date.now();
  const { id } = await client.upload({
    token,
    assessmentId: demo.assessmentId,
    files: [demoAsset('sheet-1.pdf')],
    label: 'Mira Holt',
    key: `demo-${started}`,
  });
  const progress = createProgress(out);
  const view = await followSubmission({
    client,
    token,
    id,
    signal,
    onView: (current) => progress.update(current.progress.percent / 100, describeProgress(current)),
  });
  progress.done();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  out.write(`${view.status} after ${seconds} s${view.reason ? `: ${view.reason.detail}` : ''}\n\n`);
  if (view.result) out.write(`${renderMarks(view.result, await criterionNames(view.result.questions))}\n`);
  out.write(`Sign in with the accounts in ${demoRecordPath(dataDir)}; upload sheet-2.pdf to assessment ${demo.assessmentId} next.\n`);
}

/** Criteria by their description; the server answers ids, the demo's key knows the words. */
async function criterionNames(
  questions: Array<{ questionId: string; number: string }>,
): Promise<(questionId: string, criterionId: string) => string> {
  const key = await readDemoKey();
  const numbers = new Map(questions.map(({ questionId, number }) => [questionId, number]));
  return (questionId, criterionId) => {
    const criteria = key.find((question) => question.number === numbers.get(questionId))?.rubric?.criteria;
    return criteria?.find((criterion) => criterion.id === criterionId)?.description ?? criterionId;
  };
}
