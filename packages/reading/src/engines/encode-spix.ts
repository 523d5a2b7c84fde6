import type { GreyImage } from '../types.ts';

const headerBytes = 28;
const bitsPerPixel = 8;

/**
 * The memory layout of Leptonica's pictures as a file (`pixSerializeToMemory` of its spixio.c): "spix", width, height, bits a pixel, words a row, colours
 * and bytes of data as 32-bit numbers, then rows of 32-bit words with the leftmost pixel in the highest byte, all in the byte order of the machine (little
 * endian, as in WebAssembly). Tesseract takes it in one piece, where it reads a PGM byte by byte: 15 ms a page. Throws RangeError when there are not as many bytes
 * as pixels.
 */
export function encodeSpix({ width, height, data }: GreyImage): Buffer {
  if (data.length !== width * height) throw new RangeError(`${data.length} bytes are no grey picture of ${width} × ${height}`);
  const wordsPerRow = Math.ceil(width / 4);
  const bytesPerRow = 4 * wordsPerRow;
  const file = Buffer.alloc(headerBytes + bytesPerRow * height);
  file.write('spix', 'latin1');
  for (const [index, field] of [width, height, bitsPerPixel, wordsPerRow, 0, bytesPerRow * height].entries())
    file.writeUInt32LE(field, 4 + 4 * index);
  for (let y = 0; y < height; y += 1) file.set(data.subarray(y * width, (y + 1) * width), headerBytes + y * bytesPerRow);
  file.subarray(headerBytes).swap32();
  return file;
}
