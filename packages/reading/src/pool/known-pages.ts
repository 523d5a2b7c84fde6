import type { KnownPage } from '../types.ts';

/** Questions of a reading child to its parent, who knows what was read before. */
export interface KnownPages {
  /** Null when the parent knows no such page, or does not say so in time. */
  find(contentHash: string): Promise<KnownPage | null>;
  /** The parent's answer; one that comes too late changes nothing. */
  settle(question: number, page: KnownPage | null): void;
}

/** Longer than a page takes that another process is reading just now; reading it here as well is the worse that can happen. */
const patienceMs = 20_000;

/** `ask` sends a numbered question; the answer comes back through `settle`. */
export function createKnownPages(ask: (question: number, contentHash: string) => void, waitMs = patienceMs): KnownPages {
  const open = new Map<number, (page: KnownPage | null) => void>();
  let last = 0;
  const settle = (question: number, page: KnownPage | null): void => {
    open.get(question)?.(page);
    open.delete(question);
  };
  return {
    settle,
    find: (contentHash) =>
      new Promise((resolve) => {
        last += 1;
        const question = last;
        const timer = setTimeout(() => settle(question, null), waitMs);
        open.set(question, (page) => {
          clearTimeout(timer);
          resolve(page);
        });
        ask(question, contentHash);
      }),
  };
}
