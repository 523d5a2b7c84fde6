import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PDFDocument } from 'pdf-lib';
import type { GatewayPorts } from './services.ts';

/**
 * Does once what the first requests would wait for: starts the reading processes and opens the database. A database that is away is no reason not to
 * start: uploads are accepted without it.
 */
export async function warmUp({ reading, database, log }: Pick<GatewayPorts, 'reading' | 'database' | 'log'>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradeflow-warm-'));
  try {
    const pdf = await PDFDocument.create();
    pdf.addPage();
    const file = path.join(folder, 'empty.pdf');
    await writeFile(file, await pdf.save());
    const away = (error: unknown) => log.warn({ detail: String(error) }, 'the database does not answer yet');
    await Promise.all([reading.inspect(file), reading.inspect(file), database.ping().catch(away)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
