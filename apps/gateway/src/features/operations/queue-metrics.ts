import type { BoardQueues } from '@gradeflow/queue';
import { Gauge, type Registry } from '@gradeflow/telemetry';

const states = ['waiting', 'prioritized', 'active', 'delayed', 'failed', 'waiting-children'] as const;

/** Jobs by queue and state, counted when somebody looks; the series are absent while the queue Redis does not answer. */
export function queueDepthMetrics(registry: Registry, boardQueues: BoardQueues, onError: (error: unknown) => void): void {
  new Gauge({
    name: 'gradeflow_queue_jobs',
    help: 'Jobs in a queue, by state.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      if (!boardQueues.isReady()) return;
      try {
        const counts = await Promise.all(boardQueues.queues.map((queue) => queue.getJobCounts(...states)));
        for (const [index, queue] of boardQueues.queues.entries())
          for (const state of states) this.set({ queue: queue.name, state }, counts[index]?.[state] ?? 0);
      } catch (error) {
        onError(error);
      }
    },
  });
}
