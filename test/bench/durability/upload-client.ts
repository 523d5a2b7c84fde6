import { randomBytes } from 'node:crypto';
import { readdir, stat, truncate } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { PDFDocument } from 'pdf-lib';
import type { GatewayProcess } from '../../e2e/gateways.ts';

const boundary = '----durability7MA4YWxkTrZu0gW';

/** A body with one file: a typed page, and an attachment that brings it to about so many bytes. */
export async function uploadBody(bytes: number): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  pdf.addPage([595, 842]).drawText('1. A sheet with a large attachment', { x: 60, y: 760, size: 14 });
  await pdf.attach(randomBytes(bytes), 'filler.bin');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="sheet.pdf"\r\nContent-Type: application/pdf\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), await pdf.save(), Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

export interface Uploader {
  /** One upload; resolves with its milliseconds and status. Rejects after `deadlineMs`. */
  send(body: Buffer, deadlineMs?: number): Promise<{ ms: number; status: number }>;
  close(): void;
}

/** Uploads to one address over connections that stay open. */
export function createUploader(url: string, authorization?: string): Uploader {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (body, deadlineMs = 60_000) =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        const headers = {
          'content-type': `multipart/form-data; boundary=${boundary}`,
          'content-length': body.length,
          ...(authorization !== undefined && { authorization }),
        };
        const call = request(url, { method: 'POST', agent, headers, timeout: deadlineMs }, (answer) => {
          answer.resume();
          answer.once('end', () => resolve({ ms: performance.now() - began, status: answer.statusCode ?? 0 }));
        });
        call.once('timeout', () => call.destroy(new Error(`no answer within ${deadlineMs} ms`)));
        call.once('error', reject);
        call.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** So many uploads, `atOnce` of them at the same time. Throws when one is not accepted. */
export async function sendMany(uploader: Uploader, body: Buffer, options: { count: number; atOnce: number }): Promise<number[]> {
  let left = options.count;
  const times: number[] = [];
  const sender = async () => {
    while (left-- > 0) {
      const { ms, status } = await uploader.send(body);
      if (status !== 202) throw new Error(`an upload was answered ${status}`);
      times.push(ms);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, sender));
  return times;
}

/** An assessment to upload to; gives the path of its submissions. */
export async function makeAssessment(gateway: GatewayProcess, authorization: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/v1/assessments`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'An exam' }),
  });
  if (answer.status !== 201) throw new Error(`an assessment was answered ${answer.status}`);
  return `/v1/assessments/${((await answer.json()) as { id: string }).id}/submissions`;
}

/**
 * Frees the disk and lets the files be: some file systems look long for a name's number while others were given back lately, which would be counted against
 * whoever makes the most files.
 */
export async function emptyFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && (await stat(file)).size > 50_000) await truncate(file, 0);
  }
}
