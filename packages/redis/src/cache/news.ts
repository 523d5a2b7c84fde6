import { randomUUID } from 'node:crypto';
import { connectFast, type Redis } from '../connect.ts';

/** What a writer tells everybody. */
interface Change {
  id: string;
  from: string;
  tags: string[];
}

export interface News {
  /** A message to publish about these tags, and the promise that each of `holders` has said to have heard of it, or that its time is over. */
  announce(tags: readonly string[]): { message: string; heardBy(holders: Map<string, number>): Promise<void> };
  close(): void;
}

/**
 * Listens for what other processes have changed, and says so to the writer, who waits for it. A gateway that hears nothing says nothing: the writer
 * then waits until its lease is over. Nobody is believed to have heard because it should have.
 */
export function listenForNews(options: {
  url: string;
  name: string;
  channel: string;
  instance: string;
  /** For acknowledgements. */
  redis: Redis;
  onChange: (tags: string[]) => void;
}): News {
  const { channel, instance, redis } = options;
  const ownChannel = `${channel}:${instance}`;
  const waiting = new Map<string, (holder: string) => void>();
  // Its own connection: one that listens can do nothing else.
  const subscriber = connectFast(options.url, { name: options.name });
  subscriber.on('ready', () => void subscriber.subscribe(channel, ownChannel).catch(() => {}));
  subscriber.on('message', (from: string, text: string) => {
    if (from === ownChannel) {
      const [id = '', holder = ''] = text.split(' ');
      waiting.get(id)?.(holder);
      return;
    }
    const change = JSON.parse(text) as Change;
    if (change.from === instance) return;
    options.onChange(change.tags);
    redis.publish(`${channel}:${change.from}`, `${change.id} ${instance}`).catch(() => {});
  });

  return {
    announce: (tags) => {
      const id = randomUUID();
      const heard = new Set([instance]);
      let check = () => {};
      // Before the message is sent: an answer may be quicker than the reply of the command.
      waiting.set(id, (holder) => {
        heard.add(holder);
        check();
      });
      const message = JSON.stringify({ id, from: instance, tags: [...tags] } satisfies Change);
      const heardBy = async (holders: Map<string, number>) => {
        const missing = () => [...holders].filter(([holder]) => !heard.has(holder));
        const remainingMs = Math.max(0, ...missing().map(([, ms]) => ms));
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, remainingMs);
          check = () => {
            if (missing().length > 0) return;
            clearTimeout(timer);
            resolve();
          };
          check();
        });
        waiting.delete(id);
      };
      return { message, heardBy };
    },
    close: () => subscriber.disconnect(),
  };
}
