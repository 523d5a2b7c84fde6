/** What one check found. A fault always says what to do. */
export type Finding = { what: string; ok: true; text: string } | { what: string; ok: false; text: string; todo: string };

export const fine = (what: string, text: string): Finding => ({ what, ok: true, text });
export const fault = (what: string, text: string, todo: string): Finding => ({ what, ok: false, text, todo });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One line, and one more with the remedy under a fault. */
export function renderFinding(finding: Finding): string {
  const line = `${finding.ok ? 'ok   ' : 'FAULT'}  ${finding.what.padEnd(14)} ${finding.text}`;
  return finding.ok ? line : `${line}\n       ${' '.repeat(14)} → ${finding.todo}`;
}
