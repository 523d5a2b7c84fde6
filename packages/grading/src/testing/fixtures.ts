import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../test/fixtures/grading/', import.meta.url));

export function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as T;
}

export function readJsonLines<T>(name: string): T[] {
  return readFileSync(`${folder}${name}`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
