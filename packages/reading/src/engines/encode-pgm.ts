import type { GreyImage } from '../types.ts';

/** Binary PGM (netpbm P5): the cheapest picture that tesseract takes. Throws RangeError when there are not as many bytes as pixels. */
export function encodePgm({ width, height, data }: GreyImage): Buffer {
  if (data.length !== width * height) throw new RangeError(`${data.length} bytes are no grey picture of ${width} × ${height}`);
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`, 'latin1'), data]);
}
