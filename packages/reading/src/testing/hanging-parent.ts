import type { ChildSettings } from '../pool/protocol.ts';
import { startReadingChild } from '../pool/reading-child.ts';
import { testEngines } from './engines.ts';
import { ocrFixture } from './fixtures.ts';

/** A process whose reading child is busy for ever; it tells the child's process id and waits to be killed. */
const settings: ChildSettings = { limits: { maxPages: 1, maxPagePixels: 1e8 }, ocrDataDir: null, engineModule: testEngines.hang };
const child = startReadingChild(settings, 0);
const file = { absolutePath: ocrFixture('phototest.tif'), mediaType: 'image/tiff' as const };
await child.run({ kind: 'inspect', absolutePath: file.absolutePath });
void child.run({ kind: 'read-page', request: { file, filePage: 1, number: 1, languages: ['eng'] } });
process.send?.(child.pid);
