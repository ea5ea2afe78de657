import type { Reply } from '../../reply.js'
import type { Ask } from './asking.js'
import { hasCredentials } from './credentials.js'
import type { Facts } from './facts.js'
import type { Fetcher } from './fetching.js'
import type { Flight, Flights, Landing } from './flights.js'
import { ageOf, mayReplaceError, useOf } from './policy/reusing.js'
import { isSelected, variantName } from './policy/selecting.js'
import { hasValidator } from './policy/storing.js'
import { isConditional } from './policy/validating.js'
import type { Servery } from './serving.js'
import type { Teller } from './telling.js'

export interface CollapserParts {
  readonly flights: Flights
  readonly fetcher: Fetcher
  readonly servery: Servery
  readonly teller: Teller
  readonly waitMs: number
  readonly now: () => number
}

/** Lets one of many equal requests ask the upstream, and the others wait for what it gets (H-181). */
export class Collapser {
  readonly #parts: CollapserParts

  constructor(parts: CollapserParts) {
    this.#parts = parts
  }

  /**
   * Asks the upstream, or waits for somebody who does.
   *
   * @param vary What replies to this URL are known to vary by: requests that differ in it don't wait for each other.
   */
  fetch(ask: Ask, stale: Facts | null, vary: readonly string[]): Promise<Reply> {
    const { flights, fetcher } = this.#parts
    if (!this.#mayWait(ask, stale)) return fetcher.fetch(ask, stale)
    const question = questionOf(ask, vary)
    if (flights.isLone(question)) return fetcher.fetch(ask, stale)
    const flight = flights.get(question)
    return flight === undefined
      ? fetcher.fetch(ask, stale, flights.begin(question))
      : this.#follow(ask, stale, vary, flight)
  }

  /** Whether it would wait for somebody who asks already. */
  joins(ask: Pick<Ask, 'exchange' | 'wish' | 'key'>, stale: Facts | null, vary: readonly string[]): boolean {
    return this.#mayWait(ask, stale) && this.#parts.flights.isAwaitable(questionOf(ask, vary))
  }

  async #follow(ask: Ask, stale: Facts | null, vary: readonly string[], flight: Flight): Promise<Reply> {
    const { fetcher, waitMs } = this.#parts
    const landing = await flight.wait(ask.exchange.cancel, waitMs)
    if (landing.kind === 'lead') return fetcher.fetch(ask, stale, flight)
    if (landing.kind === 'alone') return fetcher.fetch(ask, stale)
    const { entry } = landing.facts
    const collapsed = { ...ask, collapsed: true }
    if (isSelected(entry.vary, entry.selecting, ask.exchange)) return this.#share(collapsed, stale, landing)
    // Only now it is known what replies vary by; those that ask for the same variant wait for each other once more.
    const news = String(entry.vary) !== String(vary)
    const missed = { ...collapsed, why: 'vary-miss' as const }
    return news ? this.fetch(missed, null, entry.vary) : fetcher.fetch(missed, null)
  }

  #share(ask: Ask, stale: Facts | null, landing: Landing & { kind: 'landed' }): Promise<Reply> {
    const { fetcher, servery, teller, now } = this.#parts
    const { facts } = landing
    const { exchange, wish, why } = ask
    const age = ageOf(facts, now())
    const usable = useOf(facts, age, wish) === 'fresh' || (landing.stale && mayReplaceError(facts, age, wish))
    if (!usable) return fetcher.fetch(ask, stale)
    teller.tell(exchange, landing.stale ? 'stale' : 'hit', true)
    return Promise.resolve(servery.after(exchange, facts, now(), { why, collapsed: true }))
  }

  /** A request with wishes of its own gets what it asks for, not what another was given. */
  #mayWait({ exchange, wish }: Pick<Ask, 'exchange' | 'wish'>, stale: Facts | null): boolean {
    const { method, headers } = exchange
    if (this.#parts.waitMs === 0 || method !== 'GET') return false
    if (stale?.said.noCache === true) return false
    if (wish !== null && (wish.noCache || wish.maxAge !== undefined || wish.minFresh !== undefined)) return false
    if (stale !== null && hasValidator(stale.entry.headers)) return true
    return headers['range'] === undefined && !isConditional(headers)
  }
}

/** Requests that ask the same; what is answered to credentials is mostly for these alone. */
function questionOf({ exchange, key }: Pick<Ask, 'exchange' | 'key'>, vary: readonly string[]): string {
  const credentials = hasCredentials(exchange) ? '\ncredentials' : ''
  return vary.length === 0 ? key + credentials : `${key}${credentials}\n${variantName(vary, exchange)}`
}
