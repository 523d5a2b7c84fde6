import sharp, { type Sharp } from 'sharp';

/** Long side of the copy that is read (packages/reading/src/words/recognise-page.ts). */
const longSide = 1_700;

/** A page as it is, and worse: photographed from afar, out of focus, printed pale, sent as a poor JPEG, grainy. */
export const conditions = ['as it is', 'small', 'tiny', 'blurred', 'very blurred', 'pale', 'coarse', 'grainy'] as const;
export type Condition = (typeof conditions)[number];

/** One page in one condition as grey PNG; the same for the same seed. */
export async function degrade(file: string, condition: Condition, seed: number): Promise<Buffer> {
  const { width, height } = await sharp(file).metadata();
  const scale = Math.min(1, longSide / Math.max(width, height));
  const copy = await greyOf(sharp(file), Math.round(width * scale)).toBuffer();
  const smaller = (share: number) => sharp(copy).resize({ width: Math.round(width * scale * share) });
  switch (condition) {
    case 'as it is':
      return copy;
    case 'small':
      return png(smaller(0.5));
    case 'tiny':
      return png(sharp(await smaller(0.38).jpeg({ quality: 60 }).toBuffer()));
    case 'blurred':
      return png(sharp(copy).blur(1.8));
    case 'very blurred':
      return png(sharp(copy).blur(2.8));
    case 'pale':
      return png(await withGrain(sharp(copy).linear(0.22, 158), 6, seed));
    case 'coarse':
      return png(sharp(await sharp(copy).jpeg({ quality: 12 }).toBuffer()));
    case 'grainy':
      return png(await withGrain(sharp(copy).linear(0.8, 20), 28, seed));
  }
}

function greyOf(image: Sharp, width: number): Sharp {
  return image.flatten({ background: '#fff' }).grayscale().resize({ width }).toColourspace('b-w').png({ compressionLevel: 1 });
}

function png(image: Sharp): Promise<Buffer> {
  return image.toColourspace('b-w').png({ compressionLevel: 1 }).toBuffer();
}

/** Noise of the given deviation in grey levels, from a generator of its own. */
async function withGrain(image: Sharp, deviation: number, seed: number): Promise<Sharp> {
  const { data, info } = await image.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  let state = seed + 1;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    return state / 0x7f_ff_ff_ff;
  };
  // Three evenly spread numbers have a deviation of one half.
  for (let i = 0; i < data.length; i += 1) {
    const grain = (random() + random() + random() - 1.5) * 2 * deviation;
    data[i] = Math.max(0, Math.min(255, (data[i] ?? 0) + grain));
  }
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 1 } });
}
