import { familyOf } from '@gradeflow/redis';
import { Redis } from 'ioredis';

export interface RedisTap {
  /** What was done against the registry of key families so far, one sentence each. */
  faults(): Promise<string[]>;
  /** Names of the families that were written. */
  familiesSeen(): string[];
  close(): void;
}

const scanCount = 1_000;

/** Listens to every command of a Redis, also those inside scripts, and looks at the keys that are there. */
export async function tapRedis(url: string): Promise<RedisTap> {
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  const commands = new Map<string, string[][]>();
  const written = new Set<string>();
  monitor.on('monitor', (_time: string, args: string[]) => {
    const name = (args[0] ?? '').toLowerCase();
    commands.set(name, [...(commands.get(name) ?? []), args]);
  });

  /** Where the keys stand in a command, as Redis itself says: first, last, step. Null for what reads only, or has no keys. */
  const placesOf = async (name: string): Promise<[number, number, number] | null> => {
    const [info] = (await redis.call('COMMAND', 'INFO', name)) as Array<[string, number, string[], number, number, number] | null>;
    if (!info?.[2].includes('write') || info[3] === 0) return null;
    return [info[3], info[4], info[5]];
  };

  const noteKeys = async () => {
    for (const [name, calls] of commands) {
      const places = await placesOf(name);
      if (!places) continue;
      const [first, last, step] = places;
      for (const args of calls.splice(0))
        for (let i = first; i <= (last < 0 ? args.length + last : last); i += step) written.add(args[i] ?? '');
    }
  };

  const living = async (): Promise<string[]> => {
    const keys: string[] = [];
    for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
      const [next, found] = await redis.scan(cursor, 'COUNT', scanCount);
      cursor = next;
      keys.push(...found);
    }
    return keys;
  };

  return {
    faults: async () => {
      const faults = commands.has('keys') ? ['KEYS was used: it stops Redis for everybody while it looks'] : [];
      await noteKeys();
      for (const key of written) if (!familyOf(key)) faults.push(`${key} belongs to no family`);
      for (const key of await living()) faults.push(...(await judge(redis, key)));
      return faults;
    },
    familiesSeen: () => [...new Set([...written].flatMap((key) => familyOf(key)?.name ?? []))].sort(),
    close: () => {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}

async function judge(redis: Redis, key: string): Promise<string[]> {
  const family = familyOf(key);
  if (!family) return [`${key} is there and belongs to no family`];
  const [ttl, bytes] = await Promise.all([redis.ttl(key), redis.memory('USAGE', key)]);
  const faults: string[] = [];
  // -2: it went while it was looked at.
  if (family.ttlSeconds !== null && (ttl === -1 || ttl > family.ttlSeconds))
    faults.push(`${key} (${family.name}) lives ${ttl === -1 ? 'for ever' : `${ttl} s`}; declared are ${family.ttlSeconds} s`);
  if ((bytes ?? 0) > family.maxBytes) faults.push(`${key} (${family.name}) takes ${bytes} bytes; declared are ${family.maxBytes}`);
  return faults;
}
