import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network link to a server that can fail without touching the server. */
export interface TcpLink {
  /** The given URL, by way of the link. */
  url: string;
  /** What is open now stays open and carries nothing any more, what is opened later works: half-open connections. */
  silenceOpenConnections(): void;
  /** Nothing passes, nobody is told, nothing gets lost: a paused server, or a network that stands. Until `mend`. */
  freeze(): void;
  /** Open connections end, new ones end at once: a server that is not there. Until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** `defaultPort` where the URL names none. */
export async function createTcpLink(targetUrl: string, defaultPort = 0): Promise<TcpLink> {
  const target = new URL(targetUrl);
  const pairs = new Set<[Socket, Socket]>();
  let state: 'open' | 'frozen' | 'cut' = 'open';
  /** Connections that the frozen network has not let through yet. */
  const held = new Set<Socket>();
  const open = (near: Socket) => {
    const far = connect(Number(target.port || defaultPort), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    far.on('error', () => {});
    for (const socket of pair)
      socket.on('close', () => {
        pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    join(pair);
  };
  const server = createServer((near) => {
    // Whoever is refused hears it as an end; a socket that nobody listens to would end this process.
    near.on('error', () => {});
    if (state === 'cut') near.destroy();
    else if (state === 'frozen') held.add(near.pause());
    else open(near);
  });
  const url = await listenFor(server, targetUrl);
  return {
    url,
    silenceOpenConnections: () => pairs.forEach(part),
    freeze: () => {
      state = 'frozen';
      pairs.forEach(part);
    },
    cut: () => {
      state = 'cut';
      endAll(pairs);
    },
    mend: () => {
      if (state === 'frozen') pairs.forEach(join);
      state = 'open';
      held.forEach(open);
      held.clear();
    },
    close: async () => {
      endAll(pairs);
      for (const near of held) near.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Starts a server that stands in for the one at `targetUrl`; gives the URL by way of it. */
export async function listenFor(server: Server, targetUrl: string): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return url.href;
}

function join([near, far]: [Socket, Socket]): void {
  near.pipe(far).pipe(near);
}

function part([near, far]: [Socket, Socket]): void {
  near.unpipe(far);
  far.unpipe(near);
  near.pause();
  far.pause();
}

function endAll(pairs: Set<[Socket, Socket]>): void {
  for (const pair of pairs) for (const socket of pair) socket.destroy();
}
