import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler, Verdict } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { emptyReply, type Reply } from '../../reply.js'
import type { Ask } from './asking.js'
import { isUnkeyable, type Keys } from './cache-key.js'
import type { Collapser } from './collapsing.js'
import { isBeginning, restOf } from './completing.js'
import type { FactReader, Facts } from './facts.js'
import type { Fetcher } from './fetching.js'
import type { Invalidator } from './invalidator.js'
import type { Keeper } from './keeping.js'
import { type Directives, parseCacheControl, readDirectives } from './policy/directives.js'
import { isSafe } from './policy/invalidating.js'
import { isRangeWanted, rangeWithin } from './policy/ranges.js'
import { ageOf, useOf } from './policy/reusing.js'
import { isSelected } from './policy/selecting.js'
import { hasValidator } from './policy/storing.js'
import { conditional } from './policy/validating.js'
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

type Asking = Pick<Ask, 'exchange' | 'wish' | 'key'>

/** A question that would go on to the upstream. */
interface Forwarding {
  readonly why: string
  readonly stale: Facts | null
  readonly vary: readonly string[]
  readonly onward: ((copy: Exchange) => Exchange) | undefined
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

  /** Goes the way of `run`, and leaves no trace. */
  explain(given: Exchange): Verdict {
    const { method, upgrade } = given
    if (upgrade !== null || (method !== 'GET' && method !== 'HEAD'))
      return { verdict: 'pass', why: isSafe(method) ? 'nothing to cache' : 'outdates what is stored, if it succeeds' }
    const wish = this.#wishOf(given)
    if (this.#passesBy(given) || wish?.noStore === true) return { verdict: 'pass', why: 'passes the cache by' }
    const { keys, shelf, collapser } = this.#parts
    const { key, exchange } = keys.of(given)
    const entries = shelf.peek(key)
    if (entries === undefined)
      return { verdict: 'depends', why: `answers if a usable reply is stored under ${key}; it would ask the store` }
    const ask = { exchange, wish, key }
    const found = this.#foresee(ask, entries)
    if ('verdict' in found) return found
    const { why, stale, vary, onward = same } = found
    if (collapser.joins(ask, stale, vary))
      return { verdict: 'depends', why: `${why}; it would wait for another request` }
    return {
      verdict: onward === same ? 'pass' : 'change',
      why,
      onward: (copy) => onward(keys.of(copy).exchange),
    }
  }

  #foresee(ask: Asking, entries: readonly CacheEntry[]): Verdict | Forwarding {
    const { servery, now } = this.#parts
    const { exchange, wish, key } = ask
    const facts = this.#choose(ask, entries, answers)
    const notCached: Verdict = { verdict: 'answer', why: 'the client takes nothing but what is stored', status: 504 }
    if (facts === null) {
      if (wish?.onlyIfCached === true) return notCached
      const beginning = this.#choose(ask, entries, isBeginning)
      if (beginning !== null && useOf(beginning, ageOf(beginning, now()), wish) === 'fresh')
        return { why: 'a part is stored', stale: null, vary: [], onward: (copy) => restOf(beginning.entry, copy) }
      const why = entries.length === 0 ? `nothing is stored under ${key}` : 'other variants are stored, not this one'
      return { why, stale: null, vary: entries.at(-1)?.vary ?? [], onward: undefined }
    }
    const age = ageOf(facts, now())
    const use = useOf(facts, age, wish)
    const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
    if (use !== 'validate') {
      const { status } = servery.hit(exchange, facts, now())
      const left = facts.lifetime - age
      const how = use === 'fresh' ? `hit, fresh for another ${seconds(left)}` : `stale for ${seconds(-left)}`
      return { verdict: 'answer', why: use === 'refresh' ? `${how}, and refreshed meanwhile` : how, status }
    }
    if (wish?.onlyIfCached === true) return notCached
    const why =
      facts.lifetime > age ? 'the client wants what is stored to be checked' : 'what is stored is stale, and is checked'
    if (facts.entry.part !== null || !hasValidator(facts.entry.headers))
      return { why, stale: facts, vary: facts.entry.vary, onward: undefined }
    const onward = (copy: Exchange): Exchange => copy.with({ headers: conditional(copy.headers, facts.entry.headers) })
    return { why, stale: facts, vary: facts.entry.vary, onward }
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
  #choose({ exchange }: Pick<Ask, 'exchange'>, entries: readonly CacheEntry[], serves: typeof answers): Facts | null {
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

function same(exchange: Exchange): Exchange {
  return exchange
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
