import { type Exchange, type StateKey, stateKey } from '../../exchange.js'

/** Who a principal belongs to: an application, a customer, a partner. */
export interface Consumer {
  readonly id: string
  /** Name of its plan, which says what it may use; `null` for none. */
  readonly plan: string | null
  readonly groups: readonly string[]
  /** What else is known of it, for rules and logs. */
  readonly metadata: Readonly<Record<string, unknown>>
}

const KEY: StateKey<Consumer> = stateKey('consumer')

/**
 * Whose exchange it is: set by `consumers`, `undefined` where it knew none.
 *
 * @example
 * ```ts
 * app.get('/plan', (req, res) => res.json({ plan: consumerOf(exchangeOf(req))?.plan ?? 'none' }))
 * ```
 */
export function consumerOf(exchange: Exchange | undefined): Consumer | undefined {
  return exchange?.get(KEY)
}

/** Sets whose exchange it is. */
export function setConsumer(exchange: Exchange, consumer: Consumer): void {
  exchange.set(KEY, consumer)
}
