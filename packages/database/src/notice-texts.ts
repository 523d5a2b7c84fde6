import { type NotificationEvent, neutralName } from '@gradeflow/contracts';

/** What a notice needs to know of a sheet. */
interface NoticeSheet {
  id: string;
  label: string | null;
  originalName: string;
}

/** A sheet in a sentence: by label or file name, or by its neutral name. */
export function sheetInWords(sheet: NoticeSheet, title: string, isNeutral: boolean): string {
  return `“${isNeutral ? neutralName(sheet.id) : (sheet.label ?? sheet.originalName)}” in “${title}”`;
}

/** `sheet` as `sheetInWords` gives it. */
export function gradedText(sheet: string, { score, maxScore }: { score: number; maxScore: number }): string {
  return `${sheet} was graded: ${inWords(score)} of ${inWords(maxScore)}.`;
}

/** Points with two decimals at most. */
export function inWords(points: number): string {
  return String(Math.round(points * 100) / 100);
}

export const gradedEvent: NotificationEvent = 'submission.graded';
