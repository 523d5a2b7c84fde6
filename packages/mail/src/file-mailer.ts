import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import { uuidv7 } from 'uuidv7';
import { messageOf } from './message.ts';
import type { Mailer } from './types.ts';

/** `<folder>/<id>.eml`, in the order of time; for the owner alone, since mails carry codes. A file appears whole or not at all. */
export function createFileMailer({ folder, from }: { folder: string; from: string }): Mailer {
  const compose = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    send: async (mail) => {
      const { message } = await compose.sendMail(messageOf(mail, from));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, `${uuidv7()}.eml`);
      await writeFile(`${file}.part`, message as Buffer, { mode: 0o600, flush: true });
      await rename(`${file}.part`, file);
    },
    close: () => compose.close(),
  };
}
