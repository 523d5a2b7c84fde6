import type { Mail } from './types.ts';

/** The parts that every mail has; no automatic answer wanted. Nothing is read from files or the network. */
export function messageOf({ to, subject, text }: Mail, from: string) {
  return {
    // As an object: what stands in the address is never read as a list.
    to: { name: '', address: to },
    ...{ from, subject, text, headers: { 'Auto-Submitted': 'auto-generated' } },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
}
