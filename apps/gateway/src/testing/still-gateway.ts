import type { WorkerGroup } from '@gradeflow/queue';
import { startFleet } from './idle-fleet.ts';
import { startTestGateway, type TestGateway } from './start-test-gateway.ts';

export interface StillGateway extends TestGateway {
  /** Workers that end with the test; as `startFleet` takes them. */
  startWorkers(...how: StartArguments): Promise<WorkerGroup>;
  /** After each test: ends its workers. */
  endWorkers(): Promise<void>;
}

type StartArguments = Parameters<typeof startFleet> extends [unknown, ...infer Rest] ? Rest : never;

/** A gateway to which everything that has not moved stands still at once. */
export async function startStillGateway(): Promise<StillGateway> {
  const gateway = await startTestGateway({ settings: { standstill: { afterMs: 0, reconcileMs: 7_000 } } });
  const groups: WorkerGroup[] = [];
  return {
    ...gateway,
    startWorkers: async (...how) => {
      const group = await startFleet(gateway, ...how);
      groups.push(group);
      return group;
    },
    endWorkers: async () => {
      await Promise.all(groups.splice(0).map((group) => group.close(2_000)));
    },
  };
}
