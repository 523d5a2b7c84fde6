import { readFileSync } from 'node:fs';

/** What ioredis is given for one server; every node of a cluster gets it, too. */
export interface RedisLogin {
  username?: string;
  password?: string;
  /** `ca`: text of a PEM file, for servers whose certificate no public authority signed. */
  tls?: { ca?: string };
}

export interface RedisNode {
  host: string;
  port: number;
}

/** Where a Redis is, and how to sign in there; plain options for ioredis. */
export type RedisPlace =
  | { kind: 'single'; options: RedisLogin & RedisNode & { db: number } }
  | { kind: 'sentinel'; options: RedisLogin & { sentinels: RedisNode[]; name: string; db: number; sentinelPassword?: string } }
  | { kind: 'cluster'; nodes: RedisNode[]; options: RedisLogin };

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/;
const parameters = new Set(['ca', 'sentinelPassword']);

/**
 * Reads an address of a Redis:
 * `redis://[user][:password@]host[:port][/db]`, `redis+sentinel://…host:port,host:port/name[/db]`, `redis+cluster://…host:port,host:port`;
 * `rediss` instead of `redis` speaks TLS, `?ca=FILE` names its authority, `?sentinelPassword=` signs in to the sentinels. What stands in passwords beside
 * letters and digits is percent-encoded. Throws an Error that says what is wrong, without repeating any of it.
 */
export function redisPlaceOf(url: string): RedisPlace {
  const match = form.exec(url);
  if (!match) throw new Error('expects redis://host:port, rediss://, redis+sentinel://host,host/name or redis+cluster://host,host');
  const [, scheme, kind = 'single', login = '', hosts = '', path = '', query = ''] = match;
  const search = new URLSearchParams(query);
  const unknown = [...search.keys()].find((name) => !parameters.has(name));
  if (unknown !== undefined) throw new Error('has a parameter that is not known: there are ca and sentinelPassword');
  const options = { ...loginOf(login), ...tlsOf(scheme === 'rediss', search.get('ca')) };
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6379));
  if (kind === 'cluster') {
    if (path !== '') throw new Error('names a database: a cluster has none');
    return { kind, nodes, options };
  }
  if (kind === 'sentinel') {
    const [name = '', db] = path.split('/');
    if (name === '') throw new Error('expects the name of the master after the sentinels: redis+sentinel://host,host/name');
    const sentinelPassword = search.get('sentinelPassword');
    return {
      kind,
      options: { ...options, sentinels: nodes, name, db: databaseOf(db), ...(sentinelPassword === null ? {} : { sentinelPassword }) },
    };
  }
  const [node] = nodes;
  if (!node || nodes.length > 1) throw new Error('names several hosts: that is redis+sentinel:// or redis+cluster://');
  return { kind: 'single', options: { ...options, ...node, db: databaseOf(path) } };
}

function loginOf(login: string): RedisLogin {
  if (login === '') return {};
  const [user = '', ...rest] = login.split(':');
  try {
    const username = decodeURIComponent(user);
    const password = decodeURIComponent(rest.join(':'));
    return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
  } catch {
    throw new Error('has a user or password with a % that encodes nothing: write it as %25');
  }
}

function tlsOf(wanted: boolean, file: string | null): RedisLogin {
  if (!wanted && file !== null) throw new Error('names an authority (ca) without TLS: begin it with rediss');
  if (!wanted) return {};
  if (file === null) return { tls: {} };
  try {
    return { tls: { ca: readFileSync(file, 'utf8') } };
  } catch {
    throw new Error('names a file of authorities (ca) that can not be read');
  }
}

function nodeOf(text: string, usualPort: number): RedisNode {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? usualPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) throw new Error('has a host that is not of the form host:port');
  return { host, port: number };
}

function databaseOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw new Error('has a database that is no number');
  return Number(text);
}
