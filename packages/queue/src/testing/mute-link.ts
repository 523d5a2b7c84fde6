import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenFor } from '@gradeflow/testing';

export interface MuteLink {
  /** The given URL, by way of the link. */
  url: string;
  /** From now on nothing comes back on connections that wait for a job, on those that are open and those that come. Everything else passes. */
  mute(): void;
  close(): Promise<void>;
}

/** A link to Redis that can swallow the answers to BullMQ's blocking wait: its worker is alive and connected, and hears nothing. */
export async function createMuteLink(targetUrl: string): Promise<MuteLink> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let muted = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let waits = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const end of [near, far]) end.destroy();
        sockets.delete(socket);
      });
    }
    near.on('data', (chunk) => {
      waits ||= chunk.toString('latin1').toLowerCase().includes('bzpopmin');
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!(muted && waits)) near.write(chunk);
    });
  });
  const url = await listenFor(server, targetUrl);
  return {
    url,
    mute: () => {
      muted = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
