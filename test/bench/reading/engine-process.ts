/**
 * `node engine-process.ts <engine> <output> <picture.pgm>…`: reads pictures with one engine, in a process that holds nothing else, and writes their texts
 * and the CPU seconds of the programs that it kept running as JSON. A process of the bench's size would not keep the native program.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createOcrEngine, type GreyImage, type OcrEngineName } from '@gradeflow/reading';
import { cpuSecondsOfChildren } from '../support/run-program.ts';

/** What it writes. */
export interface EngineReading {
  texts: string[];
  lostCpuSeconds: number;
}

const [engineName, output = '', ...pictures] = process.argv.slice(2);
const engine = await createOcrEngine(['eng'], { engine: engineName as OcrEngineName });
const texts: string[] = [];
for (const picture of pictures) {
  const { lines } = await engine.recognise(await readPgm(picture));
  texts.push(lines.map((line) => line.map((word) => word.text).join(' ')).join('\n'));
}
const read: EngineReading = { texts, lostCpuSeconds: cpuSecondsOfChildren() };
await engine.close();
await writeFile(output, JSON.stringify(read));

/** As the bench writes them: `P5`, size, 255. */
async function readPgm(file: string): Promise<GreyImage> {
  const bytes = await readFile(file);
  const [header = '', width, height] = /^P5\n(\d+) (\d+)\n255\n/.exec(bytes.toString('latin1', 0, 32)) ?? [];
  return { width: Number(width), height: Number(height), data: bytes.subarray(header.length) };
}
