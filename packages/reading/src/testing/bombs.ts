import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Small files that claim to be, or really are, `side` × `side` pixels. */
export const bombs = {
  /** A complete black and white PNG: 30,000 × 30,000 px are 110 kB. */
  png: (side: number): Buffer => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(side, 0);
    header.writeUInt32BE(side, 4);
    header[8] = 1; // bit depth; grey, deflate, no filter, not interlaced are 0
    const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 9 });
    const signature = Buffer.from('89504e470d0a1a0a', 'hex');
    return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', rows), pngChunk('IEND', Buffer.alloc(0))]);
  },
  /** The size stands in the frame header (SOF0), height first. */
  jpeg: async (side: number): Promise<Buffer> => {
    const bytes = await paper().jpeg().toBuffer();
    const frame = bytes.indexOf(Buffer.from('ffc0', 'hex'));
    bytes.writeUInt16BE(side, frame + 5);
    bytes.writeUInt16BE(side, frame + 7);
    return bytes;
  },
  /** Tags 256 and 257 of the directory of a little-endian TIFF. */
  tiff: async (side: number): Promise<Buffer> => {
    const bytes = await paper().tiff({ compression: 'none' }).toBuffer();
    const directory = bytes.readUInt32LE(4);
    for (let i = 0; i < bytes.readUInt16LE(directory); i += 1) {
      const entry = directory + 2 + 12 * i;
      if (![256, 257].includes(bytes.readUInt16LE(entry))) continue;
      bytes.writeUInt16LE(4, entry + 2); // the type LONG
      bytes.writeUInt32LE(side, entry + 8);
    }
    return bytes;
  },
  /** Sizes of a lossy WebP have 14 bits: 16,383 is the most. */
  webp: async (side: number): Promise<Buffer> => {
    const bytes = await paper().webp().toBuffer();
    const frame = bytes.indexOf(Buffer.from('9d012a', 'hex'));
    bytes.writeUInt16LE(side, frame + 3);
    bytes.writeUInt16LE(side, frame + 5);
    return bytes;
  },
};

function paper() {
  return sharp({ create: { width: 64, height: 64, channels: 3, background: '#eee' } });
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
