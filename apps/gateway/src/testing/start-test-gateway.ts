import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Role } from '@gradeflow/contracts';
import { type Assessment, createDatabase, type Database, type User } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createBoardQueues, createProducer, createQueueLook } from '@gradeflow/queue';
import { createReadingPool } from '@gradeflow/reading';
import { connectFast, createActivityTail, createAskRedis, createCache } from '@gradeflow/redis';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry } from '@gradeflow/telemetry';
import { createTempDir, createTestDatabase, testRedis, waitFor } from '@gradeflow/testing';
import type { Express } from 'express';
import { uuidv7 } from 'uuidv7';
import { createApp } from '../app.ts';
import { createAccessTokens } from '../auth/access-token.ts';
import { createPasswords } from '../auth/passwords.ts';
import { defaultRateBudgets } from '../env.ts';
import type { RateBudgets } from '../http/rate-limits.ts';
import { redisMetrics } from '../http/redis-metrics.ts';
import { isAway } from '../http/send-cached.ts';
import { createServices, type GatewayPorts, type GatewaySettings, type Services } from '../services.ts';

const unlimited = Object.fromEntries(
  Object.keys(defaultRateBudgets).map((name) => [name, { points: 1_000_000, seconds: 60 }]),
) as unknown as RateBudgets;
const authSecret = 'a secret of the tests alone, long enough';
export const password = 'correct horse battery staple';

/** Two institutions: in the first an admin, two teachers with a course each, and a student in each course; in the second an admin. */
export interface Cast {
  admin: User;
  teacher: User;
  colleague: User;
  student: User;
  otherStudent: User;
  stranger: User;
  courseId: string;
  /** Of the teacher's course. */
  assessment: Assessment;
  /** Of the colleague's course. */
  colleaguesAssessment: Assessment;
}

export interface TestGateway {
  app: Express;
  ports: GatewayPorts;
  services: Services;
  /** What the services were made with. */
  settings: GatewaySettings;
  cast: Cast;
  /** Of its own database, for what looks past the repositories or joins it from another process. */
  databaseUrl: string;
  /** Where its queues are, for a test's own workers. */
  queueAt: { url: string; prefix: string };
  /** The authorization header of a person; works without Postgres. */
  as(user: User): Promise<string>;
  /** Names below `spool/<folder>`. */
  spooled(folder: 'tmp' | 'ready'): Promise<string[]>;
  /** Jobs of any state in the queue of submissions' last step. */
  queued(): Promise<number>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** In place of the run's Redis, for a Redis that is away. */
  redisUrl?: string;
  /** For the queues; `redisUrl` when absent. */
  queueRedisUrl?: string;
  /** What the gateway is given as database once the cast is in place, for a Postgres that is away; made of the real one by a function. */
  databaseUrl?: string | ((url: string) => Promise<string>);
  settings?: Partial<GatewaySettings>;
  /** `X-Forwarded-For` of supertest counts with `loopback`. */
  trustProxy?: 'loopback';
}

/** A whole gateway on real services: a database and a Redis prefix of its own, spool and storage in a temporary folder. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = await createTempDir();
  const testDatabase = await createTestDatabase();
  const cast = await makeCast(testDatabase.database);
  const { url, prefix } = testRedis();
  const redisUrl = options.redisUrl ?? url;
  const queueAt = { url: options.queueRedisUrl ?? redisUrl, prefix };
  const { databaseUrl = testDatabase.url } = options;
  const reachedBy = typeof databaseUrl === 'string' ? databaseUrl : await databaseUrl(testDatabase.url);
  const { ports, settings } = openTestPorts({
    ...{ databaseUrl: reachedBy, redisUrl, queueAt, folder: folder.path, settings: options.settings ?? {} },
  });
  const { database, cache, cacheRedis } = ports;
  await ports.spool.prepare();
  const services = createServices(ports, settings);
  const tokens = createAccessTokens({ secret: authSecret });
  if (options.redisUrl === undefined)
    await waitFor(() => ports.boardQueues.isReady() && ports.queueLook.isReady() && ports.cacheRedis.status === 'ready');

  return {
    app: createApp(ports, services, { checkResponses: true, trustProxy: options.trustProxy ?? false }),
    ports,
    services,
    settings,
    cast,
    databaseUrl: testDatabase.url,
    queueAt,
    as: async (user) =>
      `Bearer ${await tokens.sign('access', { userId: user.id, institutionId: user.institutionId, role: user.role }, uuidv7())}`,
    spooled: (name) => readdir(path.join(ports.spool.root, name)),
    queued: async () => {
      const queue = ports.boardQueues.queues.find(({ name }) => name === 'grade-submission');
      return Object.values((await queue?.getJobCounts()) ?? {}).reduce((sum, count) => sum + count, 0);
    },
    close: async () => {
      await services.background.drained();
      await Promise.all([ports.reading.close(), ports.producer.close(), ports.boardQueues.close(), ports.queueLook.close()]);
      cache.close();
      cacheRedis.disconnect();
      await database.close();
      await testDatabase.drop();
      await folder.remove();
    },
  };
}

/** What a test gateway stands on. Two of the same places are two gateways of one installation. */
export function openTestPorts(options: {
  databaseUrl: string;
  redisUrl: string;
  queueAt: TestGateway['queueAt'];
  folder: string;
  settings: Partial<GatewaySettings>;
}): { ports: GatewayPorts; settings: GatewaySettings } {
  const { redisUrl, queueAt } = options;
  const cacheRedis = connectFast(redisUrl, { name: 'gateway-test' });
  const activityTail = createActivityTail(createAskRedis(cacheRedis));
  const database = createDatabase({
    url: options.databaseUrl,
    onWrite: (tags) => cache.invalidate(tags),
    onRecord: (events) => activityTail.add(events),
  });
  const cachePrefix = queueAt.prefix.replace('}', ':cache}');
  const registry = createRegistry('gateway');
  const cache = createCache({
    url: redisUrl,
    redis: cacheRedis,
    epochs: database.cacheEpochs,
    name: 'gateway-test',
    prefix: cachePrefix,
    isAway,
    onAsked: redisMetrics(registry)('cache'),
  });
  const settings: GatewaySettings = {
    authSecret,
    uploadLimits: { maxBytes: 2_000_000, maxPages: 5 },
    spoolLimits: { maxBytes: null, minFreeBytes: 0, maxUploads: 512 },
    // All test files share one Redis and one address; what limits do is tested with figures of its own.
    rateBudgets: unlimited,
    idempotencyLeaseMs: 10_000,
    registrationOpen: true,
    meta: {
      version: '0.1.0',
      limits: { maxUploadMb: 2, maxPages: 5, maxPagePixels: 5_000_000 },
      languages: ['eng'],
      features: { registration: true, mail: false, model: false },
    },
    operatorEmails: [],
    metricsToken: null,
    publicUrl: null,
    // Machines that run tests are slow; what a silent Postgres does is tested with the real figure.
    uploadLookupMs: 5_000,
    redisDeadlineMs: 5_000,
    standstill: { afterMs: 10_000, reconcileMs: 7_000 },
    ...options.settings,
  };
  const ports: GatewayPorts = {
    database,
    spool: createSpool({ root: path.join(options.folder, 'spool') }),
    storage: createFileStorage({ root: path.join(options.folder, 'storage') }),
    reading: createReadingPool({ size: 2, limits: { maxPages: settings.uploadLimits.maxPages, maxPagePixels: 5_000_000 } }),
    producer: createProducer(queueAt),
    boardQueues: createBoardQueues(queueAt),
    queueLook: createQueueLook(queueAt),
    cacheRedis,
    cache,
    activityTail,
    registry,
    log: createLogger({ name: 'gateway', level: 'silent' }),
  };
  return { ports, settings };
}

async function makeCast(database: Database): Promise<Cast> {
  const passwordHash = await createPasswords().hash(password);
  const makeUser = async (institutionId: string, role: Role, name: string): Promise<User> => {
    const user: User = { id: uuidv7(), institutionId, email: `${name}-${uuidv7()}@example.org`, name, role, passwordHash };
    await database.users.insert(user);
    return user;
  };
  const makeInstitution = async (name: string): Promise<string> => {
    const id = uuidv7();
    await database.institutions.insert({ id, name });
    return id;
  };
  const makeCourse = async (teacher: User, student: User): Promise<{ courseId: string; assessment: Assessment }> => {
    const courseId = uuidv7();
    await database.courses.insert({ id: courseId, institutionId: teacher.institutionId, name: 'A course' });
    await database.courses.addTeacher(courseId, teacher.id);
    await database.courses.enrol(courseId, student.id);
    return { courseId, assessment: await makeAssessment(database, teacher, { courseId }) };
  };
  const first = await makeInstitution('The first');
  const second = await makeInstitution('The second');
  const admin = await makeUser(first, 'ADMIN', 'admin');
  const teacher = await makeUser(first, 'TEACHER', 'teacher');
  const colleague = await makeUser(first, 'TEACHER', 'colleague');
  const student = await makeUser(first, 'STUDENT', 'student');
  const otherStudent = await makeUser(first, 'STUDENT', 'other');
  const stranger = await makeUser(second, 'ADMIN', 'stranger');
  const { courseId, assessment } = await makeCourse(teacher, student);
  const { assessment: colleaguesAssessment } = await makeCourse(colleague, otherStudent);
  return { admin, teacher, colleague, student, otherStudent, stranger, courseId, assessment, colleaguesAssessment };
}

/** An assessment without questions. */
export function makeAssessment(
  database: Database,
  by: User,
  fields: Partial<Pick<Assessment, 'courseId' | 'release' | 'anonymous' | 'regradeUntil'>>,
): Promise<Assessment> {
  return database.assessments.insert(
    {
      id: uuidv7(),
      institutionId: by.institutionId,
      createdBy: by.id,
      courseId: null,
      title: 'An exam',
      languages: ['eng'],
      anonymous: false,
      release: 'IMMEDIATE',
      reviewBelow: 0.8,
      sampleShare: 0,
      regradeUntil: null,
      ...fields,
    },
    null,
  );
}
