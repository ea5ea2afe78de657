import type { EventHub } from '../../events.js'
import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import type { AttemptOutcome } from '../../outcome.js'

/** An attempt at an endpoint that has begun, and the one before it. */
export interface Begun {
  /** The first is 1. */
  readonly number: number
  readonly pool: string
  readonly endpoint: string
  readonly before: Begun | undefined
}

/** What a filter said of an exchange that it denied. */
export interface Denied {
  readonly filter: string
  readonly why: string
}

/** What a cache did. */
export interface Cached {
  readonly result: string
  readonly collapsed: boolean
}

const BEGUN: StateKey<Begun> = stateKey('log.begun')
const CACHED: StateKey<Cached> = stateKey('log.cached')
const DENIED: StateKey<Denied> = stateKey('log.denied')
const LIMITS: StateKey<readonly string[]> = stateKey('log.limits')

/** More limits than any chain has that makes sense. */
const MAX_LIMITS = 8

/**
 * Notes with an exchange what events tell of it while it lives. Values are never changed, only replaced: a copy that goes on by itself (a
 * mirror's, a cache's refresh) has a state of its own, and must not write into ours.
 *
 * @param connections Whether those of the layer 4 balancer are noted, too, which tell of attempts at their end only.
 * @returns What ends it.
 */
export function takeNotes(events: EventHub, connections: boolean): () => void {
  const begin = (exchange: Exchange, pool: string, endpoint: string): void => {
    const before = exchange.get(BEGUN)
    exchange.set(BEGUN, { number: before === undefined ? 1 : before.number + 1, pool, endpoint, before })
  }
  const ends = [
    events.on('attemptStart', ({ exchange, pool, endpoint }) => begin(exchange, pool, endpoint)),
    events.on('cache', ({ exchange, result, collapsed }) => exchange.set(CACHED, { result, collapsed })),
    events.on('denied', ({ exchange, filter, why }) => exchange.set(DENIED, { filter, why })),
    events.on('limited', ({ exchange, limit, dryRun }) => {
      const before = exchange.get(LIMITS) ?? []
      if (!dryRun && before.length < MAX_LIMITS) exchange.set(LIMITS, [...before, limit])
    }),
  ]
  if (connections) {
    ends.push(
      events.on('attempt', ({ exchange, pool, outcome }) => {
        if (exchange.httpVersion === '') begin(exchange, pool, outcome.endpoint)
      }),
    )
  }
  return () => {
    for (const end of ends) end()
  }
}

/** The attempt that ended last, or is under way still; `undefined` for none. */
export function lastAttempt(exchange: Exchange, ended: readonly AttemptOutcome[]): Begun | undefined {
  const last = exchange.get(BEGUN)
  const name = ended.at(-1)?.endpoint
  if (last === undefined || name === undefined || last.number > ended.length) return last
  // A hedge that lost may have gone to another endpoint, even to another pool.
  for (let at: Begun | undefined = last; at !== undefined; at = at.before) if (at.endpoint === name) return at
  return last
}

export function cacheOf(exchange: Exchange): Cached | undefined {
  return exchange.get(CACHED)
}

export function denialOf(exchange: Exchange): Denied | undefined {
  return exchange.get(DENIED)
}

export function limitsOf(exchange: Exchange): readonly string[] | undefined {
  return exchange.get(LIMITS)
}
