import { type PageReading, unreadableEngine } from '@gradeflow/contracts';
import { Counter, type Registry } from '@gradeflow/telemetry';

/** What became of a page. `known`: taken from an earlier reading of the same pixels. `doubtful`: read, and a person should look at it. */
export type PageOutcome = 'read' | 'doubtful' | 'blank' | 'known' | 'unreadable';

export interface PageMetrics {
  page(reading: Pick<PageReading, 'engine' | 'doubts'>, known?: boolean): void;
}

/** `gradeflow_pages_read_total` by engine (without its version) and outcome; an unreadable page is counted when it is written down as such. */
export function createPageMetrics(registry: Registry): PageMetrics {
  const pages = new Counter({
    name: 'gradeflow_pages_read_total',
    help: 'Pages by what read them and what became of them',
    labelNames: ['engine', 'outcome'],
    registers: [registry],
  });
  return {
    page: (reading, known = false) => pages.inc({ engine: reading.engine.split(' ', 1)[0] ?? '', outcome: outcomeOf(reading, known) }),
  };
}

function outcomeOf({ engine, doubts }: Pick<PageReading, 'engine' | 'doubts'>, known: boolean): PageOutcome {
  if (engine === unreadableEngine) return 'unreadable';
  if (engine === 'blank') return 'blank';
  if (known) return 'known';
  return doubts.length > 0 ? 'doubtful' : 'read';
}
