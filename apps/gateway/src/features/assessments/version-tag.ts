/** The header that names a version of the questions. */
export const etagOf = (version: number) => ({ ETag: `"${version}"` });

/** The version that `If-Match` names; undefined without a condition, -1 (never current) for a tag that is none of ours. */
export function wantedVersion(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*"(\d{1,9})"\s*$/.exec(header);
  return match ? Number(match[1]) : -1;
}
