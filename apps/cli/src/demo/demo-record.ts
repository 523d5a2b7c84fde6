import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Role } from '@gradeflow/contracts';
import { z } from 'zod';

/** `DATA_DIR/demo.json`: how to sign in to the demo institution. */
export const DemoRecord = z.object({
  url: z.string(),
  accounts: z.array(z.object({ role: Role, email: z.string(), password: z.string() })),
  assessmentId: z.string(),
  courseId: z.string(),
});
export type DemoRecord = z.infer<typeof DemoRecord>;

export const demoRecordPath = (dataDir: string): string => path.join(dataDir, 'demo.json');

/** Null when there is no such file or it is not readable as one. */
export async function findRecord<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema> | null> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Writes for the owner's eyes only (mode 600), whole or not at all. */
export async function writeSecretFile(file: string, value: unknown): Promise<void> {
  const temporary = `${file}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, file);
}
