import path from 'node:path';
import { parseArgs } from 'node:util';
import { listLanguageData } from '@gradeflow/reading';
import type { Command, CommandStreams } from '../command.ts';
import { loadCliEnv, ocrDataFolder } from '../env.ts';
import { fetchLanguage } from '../languages/fetch-language.ts';

const usage = `usage: gradeflow languages
       gradeflow languages add LANG…

Lists the OCR languages of this machine: name, kind of the data, folder. An assessment or \`read --lang\` may name any of them.

  add LANG…   fetches the data of languages, named as tesseract does (deu, fra, spa, …), with npm and its registry into OCR_DATA_DIR, else DATA_DIR/tessdata

Workers on other machines have languages of their own: run this there as well, or share the folder.
Exit code: 0 well, 1 a language could not be fetched, 2 wrong usage.
`;

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [action, ...languages] = positionals;
  const folder = ocrDataFolder(loadCliEnv(process.env));
  if (action === undefined) return list(folder, io);
  if (action === 'add' && languages.length > 0) return add(languages, folder, io);
  io.stderr.write(usage);
  return 2;
}

async function list(folder: string, { stdout, stderr }: CommandStreams): Promise<number> {
  const found = await listLanguageData({ ocrDataDir: folder });
  for (const { language, kind, file } of found) stdout.write(`${language}\t${kind}\t${path.dirname(file)}\n`);
  if (found.length === 0) stderr.write('No language is installed: `gradeflow languages add eng`\n');
  return 0;
}

async function add(languages: string[], folder: string, { stdout, stderr }: CommandStreams): Promise<number> {
  for (const language of languages) {
    stderr.write(`fetching ${language} …\n`);
    stdout.write(`${await fetchLanguage(language, folder)}\n`);
  }
  return 0;
}

export const command: Command = { name: 'languages', summary: 'lists and adds OCR languages', usage, run };
