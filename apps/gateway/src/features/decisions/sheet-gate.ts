import { UnavailableError } from '@gradeflow/errors';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';

/** Sheets that this process writes at the same time for all who spread decisions: a third of its connections, so that others can work meanwhile. */
const atOnce = 3;
const waiting = 5_000;

/** Does the work for each sheet when its turn comes, and gives the results in their order. After an error no more is begun. */
export type SheetGate = <In, Out>(sheets: readonly In[], work: (sheet: In) => Promise<Out>) => Promise<Out[]>;

/** One for a process. Its work throws UnavailableError SPREAD_BUSY when too many sheets wait. */
export function createSheetGate(): SheetGate {
  const gate = bulkhead(atOnce, waiting);
  return (sheets, work) => {
    const ended = new AbortController();
    const inTurn = sheets.map((sheet) =>
      gate
        .execute(() => {
          ended.signal.throwIfAborted();
          return work(sheet);
        })
        .catch((error: unknown) => {
          ended.abort(error);
          if (!(error instanceof BulkheadRejectedError)) throw error;
          const detail = 'Too many decisions are being spread; try again in a moment.';
          throw new UnavailableError({ code: 'SPREAD_BUSY', detail, retryAfterSeconds: 5 });
        }),
    );
    return Promise.all(inTurn);
  };
}
