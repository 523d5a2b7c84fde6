import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { createMailer } from './index.ts';

const mail = { to: 'ada@example.org', subject: 'Your code', text: 'Hello Ada,\n\nyour code is 123456.\n' };
const from = 'Gradeflow <no-reply@example.org>';

let folder: Awaited<ReturnType<typeof createTempDir>>;
const closers: Array<() => unknown> = [];
beforeEach(async () => {
  folder = await createTempDir();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await folder.remove();
});

async function startSmtp(onRcpt: (address: string) => Error | null = () => null) {
  const received: Array<{ to: string[]; content: string }> = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, callback) => callback(onRcpt(address)),
    onData: (stream, session, callback) => {
      const keep = (content: string) => received.push({ to: session.envelope.rcptTo.map(({ address }) => address), content });
      text(stream)
        .then(keep)
        .then(() => callback(), callback);
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { received, url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}` };
}
const open = (smtpUrl: string | null) => {
  const mailer = createMailer({ smtpUrl, folder: path.join(folder.path, 'mail'), from });
  closers.unshift(() => mailer.close());
  return mailer;
};
const refusal = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

describe('over SMTP', () => {
  it('brings the mail to one person, whatever stands in subject and address', async () => {
    const { received, url } = await startSmtp();
    const mailer = open(url);
    await mailer.send({ ...mail, subject: 'Your code\r\nBcc: eve@example.org' });
    await mailer.send(mail);
    expect(received.map(({ to }) => to)).toEqual([['ada@example.org'], ['ada@example.org']]);
    expect(received[0]?.content).not.toMatch(/^Bcc:/m);
    expect(received[1]?.content).toMatch(/^Subject: Your code\r$/m);
    expect(received[1]?.content).toContain('your code is 123456.');
    expect(received[1]?.content).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  });

  it('tells what may pass from what will not', async () => {
    const { url } = await startSmtp((address) => refusal(address.startsWith('gone') ? 550 : 451));
    const mailer = open(url);
    await expect(mailer.send({ ...mail, to: 'gone@example.org' })).rejects.toMatchObject({ code: 'MAIL_REFUSED', retryable: false });
    await expect(mailer.send(mail)).rejects.toMatchObject({ code: 'MAIL_UNAVAILABLE', retryable: true });
    await expect(open('smtp://127.0.0.1:1').send(mail)).rejects.toMatchObject({ code: 'MAIL_UNAVAILABLE', retryable: true });
  });
});

it('without a server a mail is a whole file that only the owner reads', async () => {
  const mailer = open(null);
  await Promise.all([mailer.send(mail), mailer.send({ ...mail, to: 'bob@example.org' })]);
  const names = await readdir(path.join(folder.path, 'mail'));
  expect(names).toHaveLength(2);
  const files = names.map((name) => path.join(folder.path, 'mail', name));
  for (const file of files) expect([file.endsWith('.eml'), (await stat(file)).mode & 0o777]).toEqual([true, 0o600]);
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  expect(contents.filter((content) => /^To: ada@example.org$/m.test(content) && content.includes('your code is 123456.'))).toHaveLength(1);
});
