import { setTimeout as delay } from 'node:timers/promises';
import type { ReadyAnswer } from '@gradeflow/contracts';

/** What `/readyz` says now; null when nobody answers there. */
export async function askReadiness(url: string, signal?: AbortSignal): Promise<ReadyAnswer | null> {
  const deadline = AbortSignal.timeout(2_000);
  try {
    const response = await fetch(`${url}/readyz`, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    return (await response.json()) as ReadyAnswer;
  } catch {
    return null; // Not up, or not ours.
  }
}

/** Names of the checks that are not well, with their reasons. */
export function describeFaults(answer: ReadyAnswer): string {
  const faults = Object.entries(answer.checks).filter(([, check]) => check.status !== 'ok');
  return faults.map(([name, check]) => (check.detail ? `${name} (${check.detail})` : name)).join(', ') || answer.status;
}

/** Resolves once `/readyz` says `ok`; tells every 15 s what is still missing. Rejects only when the signal is aborted. */
export async function waitUntilReady(options: {
  url: string;
  signal: AbortSignal;
  log: (line: string) => void;
  everyMs?: number;
}): Promise<void> {
  const { url, signal, log, everyMs = 50 } = options;
  for (let sayAt = Date.now() + 15_000; ; ) {
    const answer = await askReadiness(url, signal);
    if (answer?.status === 'ok') return;
    if (Date.now() > sayAt) {
      log(answer ? `still waiting for: ${describeFaults(answer)}` : 'still waiting for the gateway to answer');
      sayAt = Date.now() + 15_000;
    }
    await delay(everyMs, undefined, { signal });
  }
}
