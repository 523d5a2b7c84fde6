import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Which of the published sets data belongs to: "fast" costs the least, "best_int" reads about as well for 1.4 times the work, "best" is the slowest. */
export type LanguageKind = 'fast' | 'best_int' | 'best' | 'custom';

/** The network's place in the table of tesseract's tessdatamanager.h. */
const networkComponent = 17;
/** Bytes of the table: a count, then one 8-byte offset for each of its components, of which there are 24 today. */
const tableBytes = 4 + 8 * 64;
/** Where the number of weights stands in a network: after two type marks, "Series", two flags, and three 32-bit numbers. */
const weightsAt = 25;
/** A whole number takes a byte a weight, a float four. */
const floatAboveBytesPerWeight = 2;
/** Cells of the last layer: 192 or 256 in "fast" networks, 512 in "best" ones. */
const fastBelowCells = 384;

/** Tells the kind of a `.traineddata` by its network, whose layout stands in it like `[1,36,0,1Ct3,3,16Mp3,3Lfys64Lfx96Lrx96Lfx512O1c1]`. */
export async function readLanguageKind(file: string, gzip: boolean): Promise<LanguageKind> {
  const network = gzip ? networkOf(await promisify(gunzip)(await readFile(file))) : await readNetwork(file);
  const cells = Number(/Lfx(\d+)O1c1\]/.exec(network?.toString('latin1') ?? '')?.[1] ?? Number.NaN);
  if (!network || Number.isNaN(cells)) return 'custom';
  if (cells < fastBelowCells) return 'fast';
  return network.length / network.readInt32LE(weightsAt) > floatAboveBytesPerWeight ? 'best' : 'best_int';
}

function networkOf(data: Buffer): Buffer | null {
  const place = findNetwork(data, data.length);
  return place && data.subarray(place.start, place.end);
}

/** Reads no more of the file than it must: data with the legacy engine's parts has 20 MB and more. */
async function readNetwork(file: string): Promise<Buffer | null> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const table = await handle.read({ buffer: Buffer.alloc(Math.min(tableBytes, size)), position: 0 });
    const place = findNetwork(table.buffer, size);
    if (!place) return null;
    const network = await handle.read({ buffer: Buffer.alloc(place.end - place.start), position: place.start });
    return network.buffer;
  } finally {
    await handle.close();
  }
}

/** Null when the table is not one. */
function findNetwork(table: Buffer, size: number): { start: number; end: number } | null {
  const count = table.length >= 4 ? table.readInt32LE(0) : 0;
  if (count <= networkComponent || 4 + 8 * count > table.length) return null;
  const offsets = Array.from({ length: count }, (_, i) => Number(table.readBigInt64LE(4 + 8 * i)));
  const start = offsets[networkComponent] ?? -1;
  const end = Math.min(size, ...offsets.filter((offset) => offset > start));
  return start > 0 && end - start > weightsAt + 4 ? { start, end } : null;
}
