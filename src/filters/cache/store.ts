import type { HeaderMap } from '../../http/header-map.js'

/** One stored response, complete or a part, as a value: whoever serves it changes nothing of it (H-183). */
export interface CacheEntry {
  /** Tells it from the other variants of its URL; a new entry takes the place of the one of the same name, and of no other. */
  readonly variant: string
  /** Lower-case names of the request fields that Vary named; empty for none. */
  readonly vary: readonly string[]
  /** Those fields as the request had them that the response was made for; absent is not the same as empty. */
  readonly selecting: HeaderMap
  readonly status: number
  /** End-to-end fields as they are stored: without Age, Set-Cookie as the cache's option says. */
  readonly headers: HeaderMap
  /** A copy of its own: slices of a connection's buffers would pin these (H-182). */
  readonly body: Uint8Array
  /** Of a stored 206: which bytes of how many; `null` for a complete response. */
  readonly part: { readonly first: number; readonly last: number; readonly total: number | null } | null
  /** Milliseconds since 1970: when the request left, less the Age that the response came with; and when its head was there. */
  readonly requestedAt: number
  readonly receivedAt: number
  /** What {@link CacheStore.purgeTag} finds it by. */
  readonly tags: readonly string[]
}

/**
 * Where a cache keeps its responses: slots by key, each a few variants. A store in memory answers at once, which is what a hit's cost
 * rests on; one elsewhere answers later. A store never rejects for a reason that a client should hear of: the cache takes a
 * rejection for a miss (H-188).
 */
export interface CacheStore {
  /** What is in a slot, in no order; empty for nothing. */
  get(key: string): readonly CacheEntry[] | Promise<readonly CacheEntry[]>
  /** What `get` would say, without a trace and without asking anybody; `undefined` where it would have to. @default not known */
  peek?(key: string): readonly CacheEntry[] | undefined
  /**
   * Puts an entry into a slot, in place of the variant of the same name. Past the store's number of variants the oldest goes.
   *
   * @param keepMs For how long it can be of use: fresh, stale within its windows, or for validation.
   */
  put(key: string, entry: CacheEntry, keepMs: number): void | Promise<void>
  /** Empties a slot, or takes one variant out of it. */
  remove(key: string, variant?: string): void | Promise<void>
  /** Removes everything that has the tag. Resolves to how many entries went. */
  purgeTag(tag: string): number | Promise<number>
  /** Removes everything. */
  clear(): void | Promise<void>
  /** Lets go of what the store holds open; what was given to it is not closed. */
  close?(): Promise<void>
}
