import type { Dice } from './dice.ts';
import type { World } from './world.ts';

/** One thing that goes wrong: `run` hurts and resolves when it is mended. */
export interface Fault {
  name: string;
  run(): Promise<void>;
}

const apps = ['gateway', 'worker-ingest', 'worker-ocr', 'worker-grading', 'worker-notifications'] as const;

/** All kinds of faults that this machine allows, with their lengths drawn from the dice. */
export function listFaults(world: World, dice: Dice): Fault[] {
  const seconds = (least: number, most: number) => dice.between(least * 10, most * 10) / 10;
  const lasting = (name: string, length: number, run: (ms: number) => Promise<void>): Fault => ({
    name: `${name} for ${length} s`,
    run: () => run(length * 1000),
  });
  const linked = (name: string, { link }: World['redis'], fail: 'cut' | 'freeze', length: number): Fault =>
    lasting(`${fail} the network to ${name}`, length, async (ms) => {
      link[fail]();
      try {
        await new Promise((resolve) => setTimeout(resolve, ms));
      } finally {
        link.mend();
      }
    });
  const clockJump = (jump: NonNullable<World['jumpClock']>, side: 'ahead' | 'behind', by: number): Fault =>
    lasting(`clocks of Gradeflow ${by} s ${side} of the servers'`, seconds(1, 10), (ms) => jump(side === 'ahead' ? by : -by, ms));
  const { redis, postgres, fillSpoolFor, jumpClock } = world;
  return [
    ...apps.map((name): Fault => ({ name: `kill -9 ${name}`, run: async () => world.killApp(name) })),
    { name: 'kill -9 everything but the supervisor', run: async () => apps.forEach(world.killApp) },
    lasting('pause worker-ocr', seconds(2, 12), (ms) => world.pauseApp('worker-ocr', ms)),
    lasting('pause worker-grading', seconds(2, 40), (ms) => world.pauseApp('worker-grading', ms)),
    lasting('kill -9 Redis, away', seconds(0, 5), redis.killFor),
    lasting('kill -9 Postgres, away', seconds(0, 5), postgres.killFor),
    lasting('pause Redis', seconds(1, 12), redis.pauseFor),
    lasting('pause Postgres', seconds(1, 12), postgres.pauseFor),
    linked('Redis', redis, 'cut', seconds(1, 8)),
    linked('Redis', redis, 'freeze', seconds(1, 12)),
    linked('Postgres', postgres, 'cut', seconds(1, 8)),
    linked('Postgres', postgres, 'freeze', seconds(1, 12)),
    { name: 'half-open connections to Redis', run: async () => redis.link.silenceOpenConnections() },
    { name: 'FLUSHALL', run: world.flushRedis },
    ...(fillSpoolFor ? [lasting('no space left in the spool', seconds(1, 6), fillSpoolFor)] : []),
    ...(jumpClock ? [clockJump(jumpClock, 'ahead', seconds(2, 120)), clockJump(jumpClock, 'behind', seconds(2, 120))] : []),
  ];
}
