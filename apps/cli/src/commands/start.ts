import type { Command } from '../command.ts';
import { loadCliEnv } from '../env.ts';
import { runLocally } from '../local-run/local-run.ts';

export const command: Command = {
  name: 'start',
  summary: 'run everything on this machine until Ctrl-C',
  usage: `usage: npm start

Starts Redis, Postgres, the gateway and the workers, shows the demo on a first run, and serves until Ctrl-C.

Environment:
  PORT              3000
  HOST              127.0.0.1; 0.0.0.0 also serves other machines
  DATA_DIR          .data in the repository: uploads, results, secrets, the servers' data
  DATABASE_URL, REDIS_QUEUE_URL, REDIS_CACHE_URL
                    each one given replaces the embedded server
  OCR_ENGINE        auto: tesseract 5 where it is installed, else the built-in tesseract.js; native or tesseract.js asks for one
  OCR_INSTALL       auto: run by root on a machine with apt-get, tesseract is installed in the background; off: it is not
  LOG_LEVEL         warn; info or debug say more
  OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL
                    an OpenAI-compatible model for grading
  OPENAI_PRICE_INPUT, OPENAI_PRICE_OUTPUT, OPENAI_PRICE_CURRENCY
                    what a million of its tokens costs, so that cost is known and a cap can be kept`,
  run: (_args, { stdout }) => runLocally({ env: loadCliEnv(process.env), watch: false, out: stdout }),
  survivesClosedOutput: true,
};
