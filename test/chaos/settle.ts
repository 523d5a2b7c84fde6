import { setTimeout as delay } from 'node:timers/promises';
import type { SubmissionView } from '@gradeflow/contracts';
import type { Api, Item } from './api.ts';

const silentMs = 60_000;
const everyMs = 1_000;
const ended = new Set(['GRADED', 'NEEDS_REVIEW', 'FAILED']);

/**
 * Follows an assessment until all of its submissions have ended, and gives them; `acknowledged` are ids that must be among them, also while the list does not
 * know them yet. A submission that has not moved for a minute and does not say why goes to
 * `onSilence`, once; so does everything that has not ended after `giveUpMs`.
 */
export async function settle(options: {
  api: Api;
  assessmentId: string;
  acknowledged: string[];
  giveUpMs: number;
  onSilence: (view: SubmissionView, what: string) => void;
}): Promise<Item[]> {
  const { api, assessmentId, acknowledged, giveUpMs, onSilence } = options;
  const moves = new Map<string, { as: string; at: number; told: boolean }>();
  const startedAt = Date.now();
  for (;;) {
    const items = await patiently(() => api.listSubmissions(assessmentId));
    const listed = new Set(items.map(({ id }) => id));
    const open = [...items.filter(({ status }) => !ended.has(status)).map(({ id }) => id), ...acknowledged.filter((id) => !listed.has(id))];
    if (open.length === 0) return items;
    const late = Date.now() - startedAt > giveUpMs;
    for (const id of open) {
      const view = await patiently(() => api.getSubmission(id));
      const as = JSON.stringify([view.status, view.progress, view.stages]);
      const known = moves.get(id);
      if (known?.as !== as) moves.set(id, { as, at: Date.now(), told: false });
      else if (!known.told && Date.now() - known.at > silentMs && view.waitingFor === null) {
        known.told = true;
        onSilence(view, `stood still for ${silentMs / 1000} s without a word`);
      }
      if (late) onSilence(view, `has not ended after ${giveUpMs / 1000} s`);
    }
    if (late) return items;
    await delay(everyMs);
  }
}

/** Reads are repeated for a minute: the gateway may be on its way back. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(500);
    }
  }
}
