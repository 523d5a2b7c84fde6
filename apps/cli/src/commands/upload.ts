import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AppError, describeError, ValidationError } from '@gradeflow/errors';
import { describeProgress, followSubmission } from '../client/follow-submission.ts';
import { createGatewayClient, type GatewayClient } from '../client/gateway-client.ts';
import { uploadResumable } from '../client/resumable-upload.ts';
import { createUploadState, uploadStateFolder } from '../client/upload-state.ts';
import type { Command, CommandStreams } from '../command.ts';
import { renderMarks } from '../terminal/marks-table.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';

const usage = `usage: gradeflow upload FILE… --assessment ID --url URL --token TOKEN [--together] [--label TEXT] [--json] [--quiet]

Sends answer sheets to a running server and follows them to the marks; each file is a sheet of its own.

  --assessment  the assessment's id
  --url         the server, e.g. http://localhost:3000
  --token       an access token (GRADEFLOW_TOKEN in the environment instead keeps it out of the process list)
  --together    all files are the pages of one sheet (pictures, in order)
  --label       how the sheet is called in lists
  --json        the submission as one JSON line instead of a table
  --quiet       no progress

A file is sent in pieces (tus 1.0.0): after a lost connection it goes on where the server stands, and so does a later run with the same
file, server, assessment and label, up to 24 hours later (remembered below XDG_STATE_HOME, else ~/.local/state/gradeflow). Several files sent
--together go as one form instead, from the start after a lost connection; nothing is stored twice either way.
Exit code: 0 all graded (also when a person has to look), 1 one failed, 2 wrong usage.
`;

const attempts = 6;

interface Settings {
  client: GatewayClient;
  url: string;
  token: string;
  assessmentId: string;
  label: string | undefined;
  json: boolean;
}

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      assessment: { type: 'string' },
      url: { type: 'string' },
      token: { type: 'string' },
      together: { type: 'boolean', default: false },
      label: { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean' },
    },
  });
  const token = values.token ?? process.env.GRADEFLOW_TOKEN;
  if (positionals.length === 0 || !values.assessment || !values.url || !URL.canParse(values.url) || !token) {
    io.stderr.write(`Name at least one file, --assessment, --url and --token.\n\n${usage}`);
    return 2;
  }
  const settings: Settings = {
    client: createGatewayClient(values.url),
    url: values.url,
    token,
    assessmentId: values.assessment,
    label: values.label,
    json: values.json,
  };
  const progress = createProgress(io.stderr, { quiet: values.quiet });
  const sheets = values.together ? [positionals] : positionals.map((file) => [file]);
  let failed = 0;
  for (const files of sheets) {
    try {
      if (!(await uploadSheet(files, settings, progress, io))) failed++;
    } catch (error) {
      failed++;
      progress.done();
      const { code, detail } = describeError(error);
      io.stderr.write(`${files.join(', ')}: ${detail} (${code})\n`);
    }
  }
  return failed === 0 ? 0 : 1;
}

/** False when the submission ended FAILED. */
async function uploadSheet(files: string[], settings: Settings, progress: Progress, io: CommandStreams): Promise<boolean> {
  const { client, token } = settings;
  const name = files.join(', ');
  for (const file of files) {
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) throw new ValidationError({ code: 'FILE_NOT_FOUND', detail: 'There is no such file.' });
  }
  const id = await send(files, name, settings, progress);
  const view = await followSubmission({
    client,
    token,
    id,
    onView: (current) => progress.update(current.progress.percent / 100, `${name}: ${describeProgress(current)}`),
  });
  progress.done();
  if (settings.json) io.stdout.write(`${JSON.stringify(view)}\n`);
  else if (view.result) io.stdout.write(`${name}: ${view.status} (${view.id})\n${renderMarks(view.result)}\n`);
  else
    io.stdout.write(
      `${name}: ${view.status}${view.reason ? `: ${view.reason.detail} (${view.reason.code})` : ''}${view.waitingFor ? `, waiting for ${view.waitingFor.cause}` : ''} (${view.id})\n`,
    );
  return view.status !== 'FAILED';
}

async function send(files: string[], name: string, settings: Settings, progress: Progress): Promise<string> {
  const { url, token, assessmentId, label } = settings;
  const onBytes = (sent: number, total: number) => progress.update(total === 0 ? 0 : sent / total, `${name}: sending`);
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) return sendTogether(files, name, settings, progress, onBytes);
  const state = createUploadState(uploadStateFolder(process.env), (error) =>
    progress.say(`${name}: a later run could not go on with this upload: ${describeError(error).detail}`),
  );
  const { id } = await uploadResumable({
    url,
    token,
    assessmentId,
    file,
    label,
    state,
    onBytes,
    onRetry: (attempt, delayMs) => progress.say(`${name}: interrupted; going on in ${delayMs / 1000} s (${attempt}).`),
  });
  return id;
}

async function sendTogether(
  files: string[],
  name: string,
  { client, token, assessmentId, label }: Settings,
  progress: Progress,
  onBytes: (sent: number, total: number) => void,
): Promise<string> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      const { id } = await client.upload({ token, assessmentId, files, label, key, onBytes });
      return id;
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable || attempt === attempts) throw error;
      const seconds = Math.max(error.retryAfterSeconds ?? 0, 0.5 * 2 ** (attempt - 1));
      progress.say(`${name}: ${error.message} Trying again in ${seconds} s (${attempt} of ${attempts - 1}).`);
      await sleep(seconds * 1000);
    }
  }
}

export const command: Command = { name: 'upload', summary: 'sends sheets to a server and follows them to the marks', usage, run };
