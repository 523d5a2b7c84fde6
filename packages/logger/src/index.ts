import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** Structured JSON logs. Log ids, codes and counts; never answers, names, tokens or file contents. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Name of the process, e.g. `gateway`. */
  name: string;
  /** `trace` … `fatal`, or `silent`. */
  level: string;
}

/** One line of JSON per entry, on stdout unless a stream is given; secrets in well-known places are blanked. */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    base: { pid: process.pid },
    redact: {
      paths: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.refreshToken', '*.accessToken', '*.apiKey'],
      censor: '[redacted]',
    },
  };
  return destination ? pino(settings, destination) : pino(settings);
}
