import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { type Bytes, type Check, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import type { CacheStore } from './store.js'

/** What beyond scheme, host, path and query tells one stored reply from another. */
export interface CacheKeyOptions {
  /** Names of query parameters that count; others are neither looked at nor sent on, so that no reply can depend on them. @default all */
  readonly includeQuery?: readonly string[] | undefined
  /** Names of query parameters that don't count, and are not sent on. A trailing `*` stands for any end (`utm_*`). @default none */
  readonly excludeQuery?: readonly string[] | undefined
  /** Request fields that count although no Vary names them. @default none */
  readonly headers?: readonly string[] | undefined
}

export interface CacheOptions {
  /** Where replies are kept. Closing the filter closes only a store that it made itself. @default memoryStore({ maxBytes: 64 MiB }) */
  readonly store?: CacheStore | undefined
  /** A longer reply streams through without being stored. @default 1 MiB */
  readonly maxEntryBytes?: Bytes | undefined
  /** Which query parameters and request fields tell replies apart. @default the whole query, and what Vary names */
  readonly key?: CacheKeyOptions | undefined
  /** Requests that pass by: neither answered from the cache nor stored. @default none */
  readonly bypass?: ((exchange: Exchange) => boolean) | undefined
  /**
   * What becomes of a reply with Set-Cookie: not stored; stored without it; or stored with it, as RFC 9111 says, so that every
   * client gets the first one's cookie. Neither `public` nor `max-age` changes that (H-175). @default 'refuse'
   */
  readonly setCookie?: 'refuse' | 'strip' | 'store' | undefined
  /** Whether a reply with Last-Modified alone is fresh for a tenth of its age, up to a day (RFC 9111 §4.2.2). @default false */
  readonly heuristics?: boolean | undefined
  /** Lifetimes by status, for replies that state none: `{ 404: 10_000 }` is negative caching. @default none */
  readonly lifetimesMs?: Readonly<Record<number, Milliseconds>> | undefined
  /** Fields that, where they are there and valid, govern in the place of Cache-Control and Expires (RFC 9213). @default ['cdn-cache-control'] */
  readonly targetedFields?: readonly string[] | undefined
  /** Whether clients have no say by Cache-Control and Pragma: else any of them can reach through to the upstream. @default false */
  readonly ignoreRequestDirectives?: boolean | undefined
  /** How long past its lifetime a reply is kept, to be checked, or for a client that takes it stale. @default 1 hour */
  readonly keepStaleMs?: Milliseconds | undefined
  /** Longest wait for another request's reply to the same question; 0 lets every miss go on by itself. @default 5,000 */
  readonly collapseWaitMs?: Milliseconds | undefined
  /** Longest wait for a store that is not in memory; past it, it is a miss. @default 1,000 */
  readonly storeTimeoutMs?: Milliseconds | undefined
  /** This cache's name in Cache-Status (RFC 9211); `false` leaves the field out. @default 'Edgewise' */
  readonly cacheStatus?: string | false | undefined
  /** Tags of a reply that is about to be stored, besides those of `tagFields`. @default none */
  readonly tags?: ((exchange: Exchange, reply: Reply) => readonly string[]) | undefined
  /** Reply fields whose words, between spaces or commas, are tags. @default ['cache-tag', 'surrogate-key'] */
  readonly tagFields?: readonly string[] | undefined
  /** Whether clients get to see `tagFields`. @default false */
  readonly keepTagFields?: boolean | undefined
  /** Where `cache` and `fault` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const fieldNames: Check = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && NAME.test(name))
    ? undefined
    : 'an array of field names'

const lifetimes: Check = (value) =>
  check.object(value) ??
  (Object.entries(value as object).every(
    ([status, ms]) => /^[2-5][0-9]{2}$/.test(status) && check.durationOrOff(ms) === undefined,
  )
    ? undefined
    : 'whole milliseconds by status from 200 to 599')

/** RFC 9651: a token, or what fits into a string. */
const cacheName: Check = (value) =>
  value === false || (typeof value === 'string' && /^[ !#-[\]-~]+$/.test(value))
    ? undefined
    : 'printable ASCII without quotes, or false'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkCacheOptions(options: CacheOptions): void {
  checkOptions('cache', options, {
    store: check.object,
    maxEntryBytes: check.whole(0, 2 ** 30),
    key: check.object,
    bypass: check.function,
    setCookie: check.oneOf('refuse', 'strip', 'store'),
    heuristics: check.boolean,
    lifetimesMs: lifetimes,
    targetedFields: fieldNames,
    ignoreRequestDirectives: check.boolean,
    keepStaleMs: check.durationOrOff,
    collapseWaitMs: check.durationOrOff,
    storeTimeoutMs: check.duration,
    cacheStatus: cacheName,
    tags: check.function,
    tagFields: fieldNames,
    keepTagFields: check.boolean,
    events: check.object,
    now: check.function,
  })
  const { key, store } = options
  if (key !== undefined) {
    checkOptions('cache key', key, { includeQuery: check.strings, excludeQuery: check.strings, headers: fieldNames })
    if (key.includeQuery !== undefined && key.excludeQuery !== undefined)
      throw optionError('cache key', 'excludeQuery', key.excludeQuery, 'only one of includeQuery and excludeQuery')
  }
  if (store !== undefined)
    for (const method of ['get', 'put', 'remove', 'purgeTag', 'clear'] as const)
      if (typeof store[method] !== 'function') throw optionError('cache', 'store', store, `an object with ${method}()`)
}
