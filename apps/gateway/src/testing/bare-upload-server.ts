import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '@gradeflow/contracts';
import { createSpool } from '@gradeflow/spool';
import express, { type RequestHandler } from 'express';
import multer from 'multer';
import { uuidv7 } from 'uuidv7';
import { receiveUpload, type UploadLimits } from '../http/receive-upload.ts';
import { startServer } from '../server.ts';

/**
 * Run by a bench: one route of Express and nothing else in the process. Arguments: `stock` (multer's disk storage, nothing synced) or `durable` (the
 * gateway's own way into a spool), and a folder. Prints its address.
 */
const [kind = '', folder = ''] = process.argv.slice(2);
const limits: UploadLimits = { maxBytes: 200_000_000, maxPages: 500 };
const app = express();
app.post('/upload', kind === 'stock' ? await stockHandler() : await durableHandler());
const { url } = await startServer(app, { host: '127.0.0.1', port: 0 });
process.stdout.write(`${url}\n`);

async function stockHandler(): Promise<RequestHandler[]> {
  const destination = path.join(folder, 'stock');
  await mkdir(destination, { recursive: true });
  return [multer({ storage: multer.diskStorage({ destination }) }).single('file'), (_req, res) => void res.status(202).json({})];
}

async function durableHandler(): Promise<RequestHandler[]> {
  const spool = createSpool({ root: path.join(folder, 'spool') });
  await spool.prepare();
  return [
    async (req, res) => {
      const entry = await spool.begin(uuidv7());
      const { files } = await receiveUpload(req, res, entry, limits);
      await entry.commit(manifestOf(entry.id, files));
      res.status(202).json({});
    },
  ];
}

function manifestOf(submissionId: string, files: Awaited<ReturnType<typeof receiveUpload>>['files']): Manifest {
  return {
    submissionId,
    institutionId: submissionId,
    userId: submissionId,
    userRole: 'TEACHER',
    assessmentId: submissionId,
    studentId: null,
    label: null,
    acceptedAt: new Date().toISOString(),
    requestId: 'bench',
    pagesTotal: files.length,
    files: files.map(({ name, bytes, sha256 }, index) => ({
      ...{ path: `original/${index + 1}.pdf`, name, mediaType: 'application/pdf' as const, bytes, sha256, pages: 1 },
    })),
  };
}
