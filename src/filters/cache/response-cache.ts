import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler, Verdict } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { emptyReply, type Reply } from '../../reply.js'
import type { Ask } from './asking.js'
import { isUnkeyable, type Keys } from './cache-key.js'
import type { Collapser } from './collapsing.js'
import { isBeginning } from './completing.js'
import type { FactReader, Facts } from './facts.js'
import type { Fetcher } from './fetching.js'
import type { Invalidator } from './invalidator.js'
import type { Keeper } from './keeping.js'
import { type Directives, parseCacheControl, readDirectives } from './policy/directives.js'
import { isSafe } from './policy/invalidating.js'
import { isRangeWanted, rangeWithin } from './policy/ranges.js'
import { ageOf, useOf } from './policy/reusing.js'
import { isSelected } from './policy/selecting.js'
import type { Refresher } from './refreshing.js'
import type { Servery } from './serving.js'
import type { Shelf } from './shelf.js'
import type { CacheEntry } from './store.js'
import type { Teller } from './telling.js'

export interface CacheParts {
  readonly keys: Keys
  readonly shelf: Shelf
  readonly facts: FactReader
  readonly servery: Servery
  readonly collapser: Collapser
  readonly fetcher: Fetcher
  readonly refresher: Refresher
  readonly invalidator: Invalidator
  readonly keeper: Keeper
  readonly teller: Teller
  readonly events: EventHub
  readonly bypass: ((exchange: Exchange) => boolean) | undefined
  readonly deaf: boolean
  readonly now: () => number
}

const NO_CACHE = readDirectives([['no-cache', null]])

/** Looks requests up, and decides who answers: what is stored, or the upstream. */
export class ResponseCache {
  readonly #parts: CacheParts

  constructor(parts: CacheParts) {
    this.#parts = parts
  }

  /** Not `async`: what is in memory answers within one turn. */
  run(given: Exchange, next: PlainHandler): Promise<Reply> {
    const { keys, shelf, invalidator } = this.#parts
    const { method } = given
    if (given.upgrade !== null) return next(given)
    if (method !== 'GET' && method !== 'HEAD') return isSafe(method) ? next(given) : invalidator.change(given, next)
    const wish = this.#wishOf(given)
    if (this.#passesBy(given) || wish?.noStore === true) return this.#passBy(given, next)
    const { key, url, exchange } = keys.of(given)
    const found = shelf.get(key)
    const look = (entries: readonly CacheEntry[]): Promise<Reply> =>
      this.#answer({ exchange, next, key, url, wish, why: 'uri-miss', collapsed: false }, entries)
    return found instanceof Promise ? found.then(look) : look(found)
  }

  explain(exchange: Exchange): Verdict {
    const { method, upgrade } = exchange
    if (upgrade !== null || (method !== 'GET' && method !== 'HEAD'))
      return { verdict: 'pass', why: isSafe(method) ? 'nothing to cache' : 'outdates what is stored, if it succeeds' }
    return this.#passesBy(exchange)
      ? { verdict: 'pass', why: 'passes the cache by' }
      : { verdict: 'depends', why: `answers if a usable reply is stored under ${this.#parts.keys.of(exchange).key}` }
  }

  #answer(ask: Ask, entries: readonly CacheEntry[]): Promise<Reply> {
    const { servery, fetcher, collapser, refresher, teller, now } = this.#parts
    const { exchange, wish } = ask
    const time = now()
    const facts = this.#choose(ask, entries, answers)
    if (facts === null) return this.#miss(ask, entries)
    const use = useOf(facts, ageOf(facts, time), wish)
    if (use !== 'validate') {
      teller.tell(exchange, use === 'fresh' ? 'hit' : 'stale')
      if (use === 'refresh') refresher.refresh(ask, facts)
      return Promise.resolve(servery.hit(exchange, facts, time))
    }
    if (wish?.onlyIfCached === true) return this.#notCached(exchange)
    const why = facts.lifetime > ageOf(facts, time) ? 'request' : 'stale'
    if (facts.entry.part !== null) return fetcher.fetch({ ...ask, why }, null)
    return collapser.fetch({ ...ask, why }, facts, facts.entry.vary)
  }

  #miss(ask: Ask, entries: readonly CacheEntry[]): Promise<Reply> {
    const { exchange, wish } = ask
    if (wish?.onlyIfCached === true) return this.#notCached(exchange)
    const { collapser, fetcher } = this.#parts
    const beginning = this.#choose(ask, entries, isBeginning)
    if (beginning !== null && useOf(beginning, ageOf(beginning, this.#parts.now()), wish) === 'fresh')
      return fetcher.complete({ ...ask, why: 'partial' }, beginning)
    const newest = entries.findLast((entry) => this.#read(entry) !== null)
    if (newest === undefined) return collapser.fetch(ask, null, [])
    return collapser.fetch({ ...ask, why: 'vary-miss' }, null, newest.vary)
  }

  /** Of the entries that are right for a request the newest, by its origin's clock, then by ours. */
  #choose({ exchange }: Ask, entries: readonly CacheEntry[], serves: typeof answers): Facts | null {
    let best: Facts | null = null
    for (const entry of entries) {
      const facts = this.#read(entry)
      if (facts === null || !serves(entry, exchange)) continue
      if (entry.vary.length > 0 && !isSelected(entry.vary, entry.selecting, exchange)) continue
      if (best === null || isNewer(facts, best)) best = facts
    }
    return best
  }

  /** What can't be read is as if it were not there (H-188). */
  #read(entry: CacheEntry): Facts | null {
    try {
      return this.#parts.facts.of(entry)
    } catch (error) {
      this.#parts.events.emit('fault', { where: 'cache store', error })
      return null
    }
  }

  #wishOf({ headers }: Exchange): Directives | null {
    if (this.#parts.deaf) return null
    const field = fieldValue(headers, 'cache-control')
    if (field !== undefined) return parseCacheControl(field)
    const pragma = fieldValue(headers, 'pragma')
    return pragma !== undefined && /(?:^|,)[ \t]*no-cache[ \t]*(?:,|$)/i.test(pragma) ? NO_CACHE : null
  }

  #passesBy(exchange: Exchange): boolean {
    return isUnkeyable(exchange) || this.#parts.bypass?.(exchange) === true
  }

  async #passBy(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const { servery, teller, keeper } = this.#parts
    teller.tell(exchange, 'bypass')
    const reply = await next(exchange)
    return servery.passed(reply, keeper.shown(reply.headers), { why: 'bypass', status: reply.status })
  }

  /** RFC 9111 §5.2.1.7. */
  #notCached(exchange: Exchange): Promise<Reply> {
    this.#parts.teller.tell(exchange, 'miss')
    return Promise.resolve(emptyReply(504))
  }
}

function isNewer(one: Facts, other: Facts): boolean {
  return one.date > other.date || (one.date === other.date && one.receivedAt >= other.receivedAt)
}

/** Whether an entry has all that a request asks for. */
function answers({ part, headers }: CacheEntry, { method, headers: asked }: Exchange): boolean {
  if (part === null) return true
  const field = fieldValue(asked, 'range')
  return method === 'GET' && field !== undefined && isRangeWanted(asked, headers) && rangeWithin(field, part) !== null
}
