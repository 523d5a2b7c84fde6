import { connectFast, type Redis } from '../connect.ts';
import type { Change } from './local-layer.ts';

export interface News {
  /** Begins to listen for who has heard of this change; `heardBy` resolves when each of `holders` has said so, or its time is over. */
  expect(changeId: string): { heardBy(holders: Map<string, number>): Promise<void> };
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
  onChange: (change: Change) => void;
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
    const { from: writer, ...change } = parseChange(text);
    options.onChange(change);
    if (writer !== instance) redis.publish(`${channel}:${writer}`, `${change.id} ${instance}`).catch(() => {});
  });

  return {
    expect: (id) => {
      const heard = new Set([instance]);
      let check = () => {};
      // Before the message is sent: an answer may be quicker than the reply of the command.
      waiting.set(id, (holder) => {
        heard.add(holder);
        check();
      });
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
      return { heardBy };
    },
    close: () => subscriber.disconnect(),
  };
}

/** `previous id from tags`, as the store's script publishes it; tags are JSON. */
function parseChange(text: string): Change & { from: string } {
  const [previous = '', id = '', from = '', ...tags] = text.split(' ');
  return { previous, id, from, tags: JSON.parse(tags.join(' ')) as string[] };
}
