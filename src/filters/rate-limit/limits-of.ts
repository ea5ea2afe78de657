import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'
import type { Answered } from './taking.js'

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

const KEY: StateKey<readonly Answered[]> = stateKey('limits')

/**
 * Where the limits stood that an exchange went through, outermost first; of one that was denied, to the one that denied it. Applications
 * behind `handOver()` read it with `limitsOf(exchangeOf(req))`.
 *
 * @example
 * ```ts
 * app.get('/quota', (req, res) => res.json(limitsOf(exchangeOf(req)).map(({ name, used, limit }) => ({ name, used, limit }))))
 * ```
 */
export function limitsOf(exchange: Exchange | undefined): readonly LimitState[] {
  return exchange?.get(KEY)?.map(stateOf) ?? []
}

export function addLimits(exchange: Exchange, answers: readonly Answered[]): void {
  const before = exchange.get(KEY)
  exchange.set(KEY, before === undefined ? answers : [...before, ...answers])
}

export function stateOf({ name, key, decision }: Answered): LimitState {
  const { limit, remaining, resetMs } = decision
  return { name, limit, used: Math.max(0, limit - remaining), remaining, resetMs, key }
}
