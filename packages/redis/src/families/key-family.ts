/** A kind of key in Redis: what it is, whose it is, and why its loss is no loss of work. */
export interface KeyFamily {
  name: string;
  /** The keys of the family; `*` stands for anything, also for nothing. */
  pattern: string;
  /** The part of the code that alone writes it. */
  owner: string;
  /** Longest life of a key; null: it stays until its owner takes it away. */
  ttlSeconds: number | null;
  /** Of one key with all that it holds. */
  maxBytes: number;
  ifItVanishes: string;
}
