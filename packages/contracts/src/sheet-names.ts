/**
 * What a sheet is called while names are hidden: it says nothing about whose it is, and stays the same as long as there is the sheet. Of the random end of the id, so that
 * it tells no order either; packages/database has the same as SQL.
 */
export function neutralName(submissionId: string): string {
  return `Sheet ${String(Number.parseInt(submissionId.slice(-7), 16)).padStart(9, '0')}`;
}
