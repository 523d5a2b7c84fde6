/**
 * Reasons of failed things that lie in the upload or in what was asked: their people see to them. Every other reason, a new one too, is shown to
 * operators.
 */
export const ownFaults: readonly string[] = [
  'ASSESSMENT_NOT_FOUND',
  'STUDENT_NOT_FOUND',
  'FORBIDDEN',
  'VALIDATION_FAILED',
  'EMPTY_FILE',
  'FILE_TOO_LARGE',
  'UNSUPPORTED_FILE_TYPE',
  'PDF_ENCRYPTED',
  'PDF_UNREADABLE',
  'TOO_MANY_PAGES',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNREADABLE',
  'PAGE_TOO_LARGE',
  'PAGE_UNREADABLE',
  'PAPER_UNREADABLE',
  'SHEET_UNREADABLE',
  'SHEET_BLANK',
];
