/**
 * Postgres holds neither NUL nor halves of surrogate pairs, and sheets and file names contain both. Each becomes U+FFFD, so that lengths and
 * word counts stay.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** JSON text escapes exactly those; the search may find too much (an escaped backslash before `u0000`), never too little. */
const suspicious = /\\u(0000|d[89a-f])/;

/** JSON text of a value, with its strings as in `storableText`. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!suspicious.test(json)) return json;
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? storableText(item) : item));
}
