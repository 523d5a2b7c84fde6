import { PermanentError, UnavailableError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import type { Spool } from '@gradeflow/spool';

/** A page on its way to the reading process. */
export interface PagePlace {
  submissionId: string;
  /** Index into the manifest's files. */
  file: number;
  /** 1-based over the whole upload. */
  page: number;
}

export type CrashQuarantine = <T>(place: PagePlace, log: Logger, read: () => Promise<T>) => Promise<T>;

/** A fault of the machine may take a process once or twice; what ends a third one is the file. */
const maxCrashes = 3;

/**
 * Reads a page unless its file has ended too many reading processes. A crash is written down before anything else happens, so that neither restarts nor an
 * emptied queue give the file more than three; pages that ran at the same time may end one more each. Throws PermanentError FILE_QUARANTINED from then on.
 */
export function createCrashQuarantine(spool: Pick<Spool, 'recordCrash' | 'countCrashes'>): CrashQuarantine {
  return async ({ submissionId, file, page }, log, read) => {
    if ((await spool.countCrashes(submissionId, file)) >= maxCrashes) throw quarantined(file);
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnavailableError) || error.code !== 'READER_CRASHED') throw error;
      const crashes = await spool.recordCrash(submissionId, { file, page, reason: error.message });
      const about = { submissionId, file, page, crashes, err: error };
      if (crashes < maxCrashes) {
        log.warn(about, 'a file ended the process that read it');
        throw error;
      }
      log.error(about, 'a file ended the process that read it too often and is in quarantine');
      throw quarantined(file, error);
    }
  };
}

function quarantined(file: number, cause?: unknown): PermanentError {
  return new PermanentError({
    code: 'FILE_QUARANTINED',
    detail: `File ${file + 1} of the upload is in quarantine: it ended the process that read it ${maxCrashes} times.`,
    cause,
  });
}
