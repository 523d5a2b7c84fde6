import { Gauge, type Registry } from '@gradeflow/telemetry';
import { keepFresh } from './keep-fresh.ts';
import type { MeasuredSpool } from './operations.service.ts';
import type { StuckService } from './stuck.service.ts';

/** So many that stand longest are asked for their cause at a scrape; the others are counted without one. */
const examined = 500;
const keptMs = 5_000;
/** Cause of those that were counted and not asked. */
const notExamined = 'NOT_EXAMINED';

/** What stands still, by cause; counted when somebody looks, every few seconds at most, and absent while it cannot be counted. */
export function stuckMetrics(registry: Registry, stuck: StuckService, onError: (error: unknown) => void): void {
  const count = keepFresh(() => stuck.summarise(examined), keptMs);
  const collect = async (gauge: Gauge<'cause'>, setAll: (found: Awaited<ReturnType<typeof count>>) => void) => {
    gauge.reset();
    try {
      setAll(await count());
    } catch (error) {
      onError(error);
    }
  };
  new Gauge({
    name: 'gradeflow_standing_still_items',
    help: 'Submissions, question papers and reports that stand still, by cause.',
    labelNames: ['cause'],
    registers: [registry],
    collect() {
      return collect(this, ({ items, more }) => {
        for (const [cause, group] of Map.groupBy(items, (item) => item.cause)) this.set({ cause }, group.length);
        if (more > 0) this.set({ cause: notExamined }, more);
      });
    },
  });
  new Gauge({
    name: 'gradeflow_standing_still_oldest_seconds',
    help: 'How long the one that stands longest does so, by cause.',
    labelNames: ['cause'],
    registers: [registry],
    collect() {
      return collect(this, ({ items }) => {
        for (const [cause, group] of Map.groupBy(items, (item) => item.cause))
          this.set({ cause }, Math.max(...group.map(({ since }) => (Date.now() - Date.parse(since)) / 1_000)));
      });
    },
  });
}

const spoolGauges = {
  gradeflow_spool_entries: { help: 'Uploads that were accepted and are not finished.', of: (usage) => usage.entries },
  gradeflow_spool_bytes: { help: 'Bytes of them, with what was read of them so far.', of: (usage) => usage.bytes },
  gradeflow_spool_oldest_seconds: {
    help: 'How long ago the oldest of them was accepted; 0 for none.',
    of: ({ oldestAt }) => (oldestAt ? (Date.now() - oldestAt.getTime()) / 1_000 : 0),
  },
  gradeflow_spool_quarantined_entries: { help: 'Uploads that were set apart.', of: (usage) => usage.quarantined },
} satisfies Record<string, { help: string; of: (usage: MeasuredSpool) => number }>;

/** What the spool holds, as it was counted a moment ago; absent while its volume does not work. */
export function spoolMetrics(registry: Registry, usage: () => Promise<MeasuredSpool>, onError: (error: unknown) => void): void {
  for (const [name, { help, of }] of Object.entries(spoolGauges)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.remove();
        try {
          this.set(of(await usage()));
        } catch (error) {
          onError(error);
        }
      },
    });
  }
}
