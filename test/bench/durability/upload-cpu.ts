import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { type Installation, type RedisSection, withInstallation } from '../redis/installation.ts';
import { startScript } from '../redis/load.ts';
import { median, table } from '../support/figures.ts';
import { ownCpuSecondsOf } from '../support/run-program.ts';
import { createUploader, emptyFiles, makeAssessment, sendMany, type Uploader, uploadBody } from './upload-client.ts';

const atOnce = 10;
const server = 'apps/gateway/src/testing/bare-upload-server.ts';

interface Way {
  title: string;
  pid: number;
  folder: string;
  uploader: Uploader;
}

export const uploadCpu: RedisSection = {
  name: 'upload-cpu',
  title: 'What an upload costs the server',
  run: ({ quick }) =>
    withInstallation(async (installation) => {
      const folder = path.join(installation.place.dataDir, 'bare');
      await mkdir(folder);
      const stock = await startScript(server, 'stock', folder);
      const durable = await startScript(server, 'durable', folder);
      try {
        const ways: Way[] = [
          { title: 'multer, disk storage, nothing synced; bare Express', ...bare(stock, path.join(folder, 'stock')) },
          { title: 'hashed, synced, renamed; bare Express', ...bare(durable, path.join(folder, 'spool')) },
          { title: 'hashed, synced, renamed; the whole gateway', ...(await fullGateway(installation)) },
        ];
        const sizes = [
          { title: '1 MB', bytes: 1_000_000, count: quick ? 20 : 100 },
          { title: '10 MB', bytes: 10_000_000, count: quick ? 10 : 20 },
        ];
        const lines: string[] = [];
        for (const size of sizes) lines.push(...(await compare(ways, size, quick ? 1 : 9)), '');
        for (const { uploader } of ways) uploader.close();
        return lines;
      } finally {
        await Promise.all([stock.stop(), durable.stop()]);
      }
    }),
};

function bare({ pid, line }: { pid: number; line: string }, folder: string) {
  return { pid, folder, uploader: createUploader(`${line}/upload`) };
}

async function fullGateway({ database, place, start }: Installation) {
  const gateway = await start();
  const [person] = await seedPeople(database, 'TEACHER', 1);
  if (!person) throw new Error('nobody was made');
  const authorization = await signInAt(gateway, person);
  const uploader = createUploader(`${gateway.url}${await makeAssessment(gateway, authorization)}`, authorization);
  return { pid: gateway.pid, folder: path.join(place.dataDir, 'spool'), uploader };
}

/** CPU of the serving process for one upload, each way in turn; the first round warms up and does not count. */
async function compare(ways: readonly Way[], size: { title: string; bytes: number; count: number }, rounds: number): Promise<string[]> {
  const body = await uploadBody(size.bytes);
  const laps = ways.map((): number[] => []);
  for (let round = -1; round < rounds; round++)
    for (const [index, { pid, uploader, folder }] of ways.entries()) {
      const before = ownCpuSecondsOf(pid);
      await sendMany(uploader, body, { count: size.count, atOnce });
      if (round >= 0) laps[index]?.push((1_000 * (ownCpuSecondsOf(pid) - before)) / size.count);
      await emptyFiles(folder);
    }
  const [stock = 0, durable = 0] = laps.map(median);
  const rows = ways.map(({ title }, index) => {
    const own = laps[index] ?? [];
    const [middle, least, most] = [median(own), Math.min(...own), Math.max(...own)];
    const ratio =
      index === 1 ? `${(middle / stock).toFixed(2)} of the first` : index === 2 ? `${(middle / durable).toFixed(2)} of the second` : '';
    return [title, middle.toFixed(2), `${least.toFixed(2)}–${most.toFixed(2)}`, ratio];
  });
  return [
    `${size.title}, ${atOnce} at once, ${rounds} rounds of ${size.count} uploads, in turn; CPU of the serving process in ms for one upload (user and system, without the gateway's children that look into the files).`,
    '',
    ...table(['', 'median', 'range', 'ratio'], rows),
  ];
}
