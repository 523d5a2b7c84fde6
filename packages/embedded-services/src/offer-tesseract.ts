import { canInstallByApt, installByApt } from './apt.ts';
import { findOnPath } from './find-on-path.ts';
import type { LogLine } from './service.ts';

/**
 * Installs the system's tesseract with the data for English, when it is missing and this process may: it reads in three quarters of the CPU time
 * that the built-in engine needs. Nothing depends on it: without root, apt or a network it says so in one line at most, and never throws.
 */
export async function offerTesseract(options: { log: LogLine }): Promise<void> {
  if ((await findOnPath(['tesseract'])) !== null || !(await canInstallByApt())) return;
  try {
    await installByApt(['tesseract-ocr'], { ...options, purpose: 'OCR' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.log(`OCR: tesseract could not be installed, the built-in engine reads (${reason.slice(0, 200)})`);
  }
}
