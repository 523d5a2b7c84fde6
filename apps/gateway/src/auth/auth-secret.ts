import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The signing secret of this installation: `AUTH_SECRET`, else `DATA_DIR/secrets/auth` (mode 600), made on the first start. Several gateways that
 * start at once agree on one: the file appears whole or not at all.
 */
export async function loadAuthSecret(options: { given: string | undefined; dataDir: string }): Promise<string> {
  if (options.given !== undefined) return options.given;
  const folder = path.join(options.dataDir, 'secrets');
  const file = path.join(folder, 'auth');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const existing = await readSecret(file);
  if (existing !== null) return existing;
  const draft = path.join(folder, `.auth-${randomUUID()}`);
  await writeFile(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readSecret(file)) ?? fail(file);
}

async function readSecret(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  return text.trim().length >= 32 ? text.trim() : fail(file);
}

function fail(file: string): never {
  throw new Error(`${file} holds no usable secret (32 characters or more); remove it and start again, everybody signs in anew`);
}
