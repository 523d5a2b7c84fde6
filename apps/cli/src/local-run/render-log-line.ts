const levelNames: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
/** Said by the prefix or of no use to a person. */
const hidden = new Set(['level', 'time', 'name', 'msg', 'err', 'pid', 'hostname', 'instanceId']);
/** Keeps what came from outside from moving the cursor or recolouring the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/**
 * One line of a child's output for people: `HH:MM:SS app             warn  message key=value`, with a stack below it where there is one.
 * What is not a log entry in JSON comes out as it is, behind the same prefix.
 */
export function renderLogLine(app: string, line: string, now: Date = new Date()): string {
  const entry = parseEntry(line);
  const at = clockTime(typeof entry?.time === 'number' ? new Date(entry.time) : now);
  if (!entry) return sanitize(`${at} ${app.padEnd(21)}${line}`);
  const level = levelNames[Number(entry.level)] ?? String(entry.level);
  const fields = Object.entries(entry).filter(([key]) => !hidden.has(key));
  const text = [
    String(entry.msg ?? ''),
    ...fields.map(([key, value]) => `${key}=${renderValue(value)}`),
    ...renderError(entry.err, Number(entry.level) >= 50),
  ];
  return sanitize(`${at} ${app.padEnd(21)}${level.padEnd(6)}${text.filter(Boolean).join(' ')}`);
}

function parseEntry(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // Not a log entry: shown as it is.
  }
}

const renderValue = (value: unknown): string => (typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));

function renderError(error: unknown, withStack: boolean): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { message, code, stack } = error as { message?: unknown; code?: unknown; stack?: unknown };
  const frames = withStack && typeof stack === 'string' ? stack.slice(Math.max(0, stack.indexOf('\n'))) : '';
  return [`error=${renderValue(message)}`, ...(code === undefined ? [] : [`code=${renderValue(code)}`]), ...(frames ? [frames] : [])];
}

const sanitize = (text: string) => text.replace(controlCharacters, '·');
const clockTime = (at: Date) => at.toTimeString().slice(0, 8);
