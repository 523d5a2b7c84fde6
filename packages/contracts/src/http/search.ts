import { z } from 'zod';
import { Id } from '../ids.ts';
import { PageQuery } from './paging.ts';

export const FoundType = z.enum(['assessment', 'question', 'submission', 'user']);

export const SearchQuery = PageQuery.extend({
  /** Words, all of which must be there; `"…"`, `or` and `-` as on the web. */
  q: z.string().trim().min(1).max(200),
  type: FoundType.optional(),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

export const FoundItem = z.object({
  type: FoundType,
  id: Id,
  title: z.string(),
  /** A few words around the match. */
  snippet: z.string(),
  /** Larger fits better; comparable within one search. */
  score: z.number(),
});
