import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'

/** Where a limit stands for one key. */
export interface LimitState {
  readonly name: string
  readonly limit: number
  readonly used: number
  readonly remaining: number
  /** Until nothing counts against the key any more. */
  readonly resetMs: Milliseconds
  readonly key: string
}

const KEY: StateKey<readonly LimitState[]> = stateKey('limits')

/**
 * Where the limits stood that an exchange went through, outermost first; of one that was denied, to the one that denied it. Applications
 * behind `handOver()` read it with `limitsOf(exchangeOf(req))`.
 */
export function limitsOf(exchange: Exchange | undefined): readonly LimitState[] {
  return exchange?.get(KEY) ?? []
}

export function addLimits(exchange: Exchange, states: readonly LimitState[]): void {
  const before = exchange.get(KEY)
  exchange.set(KEY, before === undefined ? states : [...before, ...states])
}
