import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../..', import.meta.url));

/** Absolute path of something in the repository. */
export const root = (...parts) => path.join(folder, ...parts);
