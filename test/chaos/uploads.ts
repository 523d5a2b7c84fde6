import { setTimeout as delay } from 'node:timers/promises';
import type { SheetKind } from './sheets.ts';

export interface Upload {
  label: string;
  kind: SheetKind;
  /** The submission's id once the gateway has said 202; null when it never did. */
  id: string | null;
  /** What the gateway answered before, and how often: `503`, `no answer`, … */
  refusals: Map<string, number>;
  /** Milliseconds from the first try to the 202. */
  acknowledgedAfterMs: number;
}

const tryMs = 15_000;

/**
 * Sends one sheet as a careful client does: the same key every time, again after whatever is no 202, until `giveUpMs` have passed. Throws on an answer that
 * no fault explains.
 */
export async function sendSheet(options: {
  url: string;
  accessToken: string;
  assessmentId: string;
  label: string;
  kind: SheetKind;
  nonce: number;
  giveUpMs: number;
}): Promise<Upload> {
  const { kind, label, giveUpMs } = options;
  const file = await kind.make(options.nonce);
  const refusals = new Map<string, number>();
  const startedAt = performance.now();
  while (performance.now() - startedAt < giveUpMs) {
    const answer = await tryOnce(options, file);
    if (typeof answer !== 'string') return { label, kind, id: answer.id, refusals, acknowledgedAfterMs: performance.now() - startedAt };
    refusals.set(answer, (refusals.get(answer) ?? 0) + 1);
    await delay(250);
  }
  return { label, kind, id: null, refusals, acknowledgedAfterMs: giveUpMs };
}

async function tryOnce(options: Parameters<typeof sendSheet>[0], file: Uint8Array<ArrayBuffer>): Promise<{ id: string } | string> {
  const form = new FormData();
  form.set('label', options.label);
  form.set('file', new Blob([file], { type: 'application/pdf' }), 'sheet.pdf');
  const headers = { authorization: `Bearer ${options.accessToken}`, 'idempotency-key': options.label.replaceAll(/\W+/g, '-') };
  const route = `${options.url}/v1/assessments/${options.assessmentId}/submissions`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(route, { method: 'POST', headers, body: form, signal: AbortSignal.timeout(tryMs) });
    text = await response.text();
  } catch {
    return 'no answer'; // Killed under the request, or not up again yet.
  }
  if (response.status === 202) return { id: (JSON.parse(text) as { id: string }).id };
  // 503 and 507 by name, 409 while an earlier try of the same key is still being written.
  if ([409, 503, 507].includes(response.status)) return `${response.status} ${(JSON.parse(text) as { code: string }).code}`;
  throw new Error(`upload "${options.label}" answered ${response.status}: ${text}`);
}
