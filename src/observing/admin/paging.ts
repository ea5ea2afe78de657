import { type Fields, field } from './fields.js'
import type { Asked } from './operation.js'

const DEFAULT_LIMIT = 100

/** Query of every list. */
export const PAGE_FIELDS: Fields = {
  limit: field.whole(1, 1_000, `How many to list, ${DEFAULT_LIMIT} unless told otherwise.`),
  offset: field.whole(0, Number.MAX_SAFE_INTEGER, 'How many to leave out before.'),
}

/** A part of a list, and where the next one is. */
export interface Page<T> {
  readonly total: number
  readonly offset: number
  /** `null` behind the last. */
  readonly next: string | null
  readonly items: readonly T[]
}

/** The part of a list that was asked for; only its items are made. */
export function pageOf<T, U>(all: readonly T[], { query, link }: Asked, path: string, show: (each: T) => U): Page<U> {
  const { limit = DEFAULT_LIMIT, offset = 0 } = query as { readonly limit?: number; readonly offset?: number }
  const end = offset + limit
  return {
    total: all.length,
    offset,
    next:
      end < all.length
        ? `${link(path)}?${new URLSearchParams({ ...query, offset: `${end}`, limit: `${limit}` })}`
        : null,
    items: all.slice(offset, end).map(show),
  }
}
