import { events as sharedEvents } from '../../events.js'
import { defineFilter, type Filter } from '../../filter.js'
import { optionError } from '../../options.js'
import { Keys } from './cache-key.js'
import { type CacheOptions, checkCacheOptions } from './cache-options.js'
import { StatusWriter } from './cache-status.js'
import { Collapser } from './collapsing.js'
import { FactReader } from './facts.js'
import { Fetcher } from './fetching.js'
import { Fills } from './fills.js'
import { Flights } from './flights.js'
import { Invalidator } from './invalidator.js'
import { Keeper } from './keeping.js'
import { memoryStore } from './memory-store.js'
import { Refresher } from './refreshing.js'
import { ResponseCache } from './response-cache.js'
import { Servery } from './serving.js'
import { Shelf } from './shelf.js'
import type { CacheStore } from './store.js'
import { Tagger, urlTag } from './tagging.js'
import { Teller } from './telling.js'

/** A URL as clients ask for it: absolute, or host and path, which then is both `http` and `https`. */
export type PurgedUrl = string | URL | { readonly host: string; readonly path: string }

/** A shared cache: a filter, and what empties it. */
export interface Cache extends Filter {
  /**
   * Removes all that is stored for a URL, with its query, in every variant; what is on its way is not stored either.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no absolute URL; rejects with what the store fails with.
   */
  purge(url: PurgedUrl): Promise<void>
  /** Removes all that has a tag; resolves to how many replies went. Rejects with what the store fails with. */
  purgeTag(tag: string): Promise<number>
  /** Removes everything. Rejects with what the store fails with. */
  clear(): Promise<void>
}

const DEFAULT_BYTES = 64 * 1024 * 1024
/** What an entry takes besides its body. */
const ENTRY_MARGIN = 64 * 1024

/**
 * Makes a shared cache that keeps to RFC 9111: it answers GET and HEAD from what it has stored while that is fresh, checks it with
 * the upstream when it is not, lets one of many equal requests ask and the others wait, and forgets what an unsafe method changes.
 * It stands behind whatever decides who may ask: in front of a guard it is refused.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const pages = cache({ store: memoryStore({ maxBytes: 256 * 1024 * 1024 }), lifetimesMs: { 404: 10_000 } })
 * const gateway = createGateway({ filters: [pages], routes: [{ path: '/**', handler: forward('http://10.0.0.1:3000') }] })
 * await pages.purge('https://shop.example/prices')
 * ```
 */
export function cache(options: CacheOptions = {}): Cache {
  checkCacheOptions(options)
  const {
    maxEntryBytes = 1024 * 1024,
    events = sharedEvents,
    now = Date.now,
    targetedFields,
    lifetimesMs = {},
  } = options
  const targeted = (targetedFields ?? ['cdn-cache-control']).map((name) => name.toLowerCase())
  const rules = { setCookie: options.setCookie ?? 'refuse', heuristics: options.heuristics ?? false, lifetimesMs }
  const store = options.store ?? memoryStore({ maxBytes: DEFAULT_BYTES, maxEntryBytes: maxEntryBytes + ENTRY_MARGIN })
  const keys = new Keys(options.key)
  const shelf = new Shelf(store, options.storeTimeoutMs ?? 1_000, events)
  const facts = new FactReader(targeted, rules)
  const fills = new Fills()
  const flights = new Flights(now)
  const teller = new Teller(events)
  const tagger = new Tagger(
    options.tagFields ?? ['cache-tag', 'surrogate-key'],
    options.keepTagFields ?? false,
    options.tags,
    events,
  )
  const name = options.cacheStatus ?? 'Edgewise'
  const servery = new Servery(name === false ? null : new StatusWriter(name))
  const keepStaleMs = options.keepStaleMs ?? 3_600_000
  const keeper = new Keeper({ shelf, facts, fills, tagger, rules, targeted, maxEntryBytes, keepStaleMs })
  const fetcher = new Fetcher({ keeper, fills, servery, teller, maxEntryBytes, now })
  const refresher = new Refresher(fetcher)
  const responses = new ResponseCache({
    keys,
    shelf,
    facts,
    servery,
    keeper,
    fetcher,
    refresher,
    teller,
    collapser: new Collapser({ flights, fetcher, servery, teller, waitMs: options.collapseWaitMs ?? 5_000, now }),
    invalidator: new Invalidator({ keys, keeper, shelf, fills, maxEntryBytes, now }),
    events,
    bypass: options.bypass,
    deaf: options.ignoreRequestDirectives ?? false,
    now,
  })
  const filter = defineFilter(
    {
      filterName: 'cache',
      stage: 'store',
      needsReplyBody: true,
      explain: (exchange) => responses.explain(exchange),
      async close() {
        refresher.close()
        flights.close()
        if (options.store === undefined) store.clear()
      },
    },
    (exchange, next) => responses.run(exchange, next),
  )
  return Object.assign(filter, emptying(store, keys, fills))
}

/** What users empty a cache by: unlike clients, they hear of a store's failures. */
function emptying(store: CacheStore, keys: Keys, fills: Fills): Pick<Cache, 'purge' | 'purgeTag' | 'clear'> {
  return {
    async purge(url) {
      for (const each of purgedUrls(url, keys)) {
        fills.outdate(each)
        await store.remove(each)
        await store.purgeTag(urlTag(each))
      }
    },
    async purgeTag(tag) {
      fills.purgeTag(tag)
      return await store.purgeTag(tag)
    },
    async clear() {
      fills.outdate()
      await store.clear()
    },
  }
}

function purgedUrls(given: PurgedUrl, keys: Keys): string[] {
  const texts =
    typeof given === 'string' || given instanceof URL
      ? [String(given)]
      : ['http', 'https'].map((scheme) => `${scheme}://${given.host}${given.path}`)
  return texts.map((text) => {
    const url = URL.parse(text)
    const canonical = url === null || !/^https?:$/.test(url.protocol) ? null : keys.canonical(url)
    if (canonical === null) throw optionError('purge', 'url', text, 'an absolute http or https URL')
    return canonical
  })
}
