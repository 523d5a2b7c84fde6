import type { VisionReader, VisionReaderOptions } from './types.ts';

/**
 * A vision model behind `/v1/chat/completions` that reads pages on which the engine is in doubt. The client is loaded only here: processes without a model
 * stay 60 MB smaller.
 */
export async function createVisionReader(options: VisionReaderOptions): Promise<VisionReader> {
  const { visionReader } = await import('./vision-reader.ts');
  return visionReader(options);
}
