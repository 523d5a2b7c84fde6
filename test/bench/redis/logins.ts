import { randomBytes } from 'node:crypto';
import { PDFDocument } from 'pdf-lib';
import { uuidv7 } from 'uuidv7';
import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { median, table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';
import { startScript } from './load.ts';

const loginsAtOnce = 8;
const uploadBytes = 100_000;

/** Password hashing shares its threads with the files of an upload, unless something keeps them apart. */
export const logins: RedisSection = {
  name: 'logins',
  title: 'Uploads while people sign in',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const people = await seedPeople(database, 'ADMIN', loginsAtOnce);
      const [maker] = people;
      const user = maker && (await database.users.find(maker.id));
      if (!maker || !user) throw new Error('nobody was seeded');
      const assessmentId = uuidv7();
      const settings = { release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0, regradeUntil: null } as const;
      const base = { institutionId: user.institutionId, createdBy: user.id, courseId: null, languages: ['eng'], anonymous: false };
      await database.assessments.insert({ ...base, ...settings, id: assessmentId, title: 'An exam' }, null);
      const gateway = await start();
      const authorization = await signInAt(gateway, maker);
      const file = await paddedPdf(uploadBytes);
      const upload = () => timedUpload(`${gateway.url}/v1/assessments/${assessmentId}/submissions`, authorization, file);
      const uploads = quick ? 10 : 60;
      const [idle, busy, signIns]: [number[], number[], number[]] = [[], [], []];
      for (let round = -1; round < (quick ? 1 : 5); round++) {
        const alone = await timesOf(uploads, upload);
        const others = await startScript(
          'test/bench/redis/keep-signing-in.ts',
          gateway.url,
          JSON.stringify(people.map(({ email }) => email)),
        );
        const [began, before] = [performance.now(), await countSignIns(gateway.url)];
        const beside = await timesOf(uploads, upload);
        const perSecond = ((await countSignIns(gateway.url)) - before) / ((performance.now() - began) / 1_000);
        await others.stop();
        if (round < 0) continue;
        signIns.push(perSecond);
        idle.push(median(alone));
        busy.push(median(beside));
      }
      const ratio = median(busy.map((ms, index) => ms / (idle[index] ?? 1)));
      return [
        `p50 of one durable ${uploadBytes / 1000} KB upload after the other, alone and with ${loginsAtOnce} sign-ins in flight all the time; medians of ${idle.length} interleaved rounds of ${uploads}. Wanted: ≤ 1.5 times.`,
        '',
        ...table(
          ['alone, ms', 'with sign-ins, ms', 'times', 'sign-ins a second meanwhile'],
          [[median(idle).toFixed(1), median(busy).toFixed(1), ratio.toFixed(2), median(signIns).toFixed(0)]],
        ),
      ];
    }),
};

/** So many sign-ins have been answered with 200. */
async function countSignIns(url: string): Promise<number> {
  const figures = await (await fetch(`${url}/metrics`)).text();
  const line = /^http_request_duration_seconds_count\{(?=[^}]*route="\/v1\/auth\/login")(?=[^}]*status="200")[^}]*\} (\d+)$/m;
  return Number(line.exec(figures)?.[1] ?? 0);
}

async function timesOf(count: number, work: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await work());
  return times;
}

async function timedUpload(url: string, authorization: string, file: Uint8Array<ArrayBuffer>): Promise<number> {
  const form = new FormData();
  form.append('file', new Blob([file], { type: 'application/pdf' }), 'sheet.pdf');
  const began = performance.now();
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: form });
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`an upload answered ${answer.status}: ${text}`);
  return performance.now() - began;
}

/** One page, and as many bytes as wanted in a stream that nothing shows. */
async function paddedPdf(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pdf = await PDFDocument.create();
  pdf.addPage();
  const bare = (await pdf.save()).length;
  pdf.context.register(pdf.context.stream(randomBytes(bytes - bare - 100)));
  return new Uint8Array(await pdf.save());
}
