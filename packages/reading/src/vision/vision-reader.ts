import { createModelClient, ModelError } from '@gradeflow/model-client';
import { mergeReadings } from './merge-readings.ts';
import { paintOut } from './paint-out.ts';
import { findPrivateAreas } from './private-areas.ts';
import { Transcript, transcribe } from './transcribe.ts';
import type { VisionReader, VisionReaderOptions } from './types.ts';

/** See `createVisionReader`. */
export function visionReader(options: VisionReaderOptions): VisionReader {
  const client = createModelClient({
    apiKey: options.apiKey,
    model: options.model,
    reply: { name: 'transcript', schema: Transcript },
    timeoutMs: options.timeoutMs ?? 40_000,
    budgetMs: options.budgetMs ?? 60_000,
    maxRetries: options.maxRetries ?? 2,
    retryDelayMs: options.retryDelayMs ?? 500,
    concurrency: options.concurrency ?? 4,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
  });
  return {
    model: options.model,
    improve: async ({ reading, picture }, { languages, people, deadlineMs, signal }) => {
      signal?.throwIfAborted();
      const kept = (reason: string, error?: unknown) => ({
        reading,
        outcome: { kind: 'kept' as const, reason, ...(error === undefined ? {} : { error }) },
      });
      // Also ends the wait for a turn, which costs nothing of the budget.
      const deadline = deadlineMs === undefined ? null : AbortSignal.timeout(Math.max(0, Math.ceil(deadlineMs)));
      const either = AbortSignal.any([signal, deadline].filter((one) => one !== null && one !== undefined));
      try {
        const { areas, hidden } = findPrivateAreas(reading, people, options.hiddenAreas);
        const jpeg = await paintOut(picture, areas);
        const merged = mergeReadings(reading, hidden, await transcribe(client, { jpeg, languages }, either), options.model);
        if (merged.kind === 'refused') return kept(merged.reason);
        return { reading: merged.reading, outcome: { kind: 'improved', agreement: merged.agreement, painted: areas.length } };
      } catch (error) {
        signal?.throwIfAborted();
        if (deadline?.aborted) return kept('timeout');
        if (error instanceof ModelError && error.kind !== 'unexpected') return kept(error.kind);
        // Whatever is wrong here: the engine's reading must not be lost for it.
        return kept('unexpected', error);
      }
    },
  };
}
