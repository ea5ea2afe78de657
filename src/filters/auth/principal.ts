import { type Exchange, type StateKey, stateKey } from '../../exchange.js'

/** Who asks, as an authenticator found out. */
export interface Principal {
  /** Subject, user name, or the owner of a key: never the credential itself. */
  readonly id: string
  /** How it was found out: `basic`, `api-key`, `jwt`, … */
  readonly scheme: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly groups: readonly string[]
  /** What else was said of it, as a token's claims: own members of an object without a prototype (H-154). */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a verifier of yours may say of a principal; what it leaves out is empty. */
export type PrincipalLike = Pick<Principal, 'id'> & Partial<Principal>

const KEY: StateKey<Principal> = stateKey('principal')

/**
 * Who asks: set by the authenticator that let the exchange pass, `undefined` where none did. Applications behind `handOver()` read it with
 * `principalOf(exchangeOf(req))`.
 *
 * @example
 * ```ts
 * const audited: Filter = (exchange, next) => {
 *   exchange.onSettled(({ status }) => console.log(principalOf(exchange)?.id ?? 'somebody', exchange.target.path, status))
 *   return next(exchange)
 * }
 * ```
 */
export function principalOf(exchange: Exchange | undefined): Principal | undefined {
  return exchange?.get(KEY)
}

/** Sets who asks. */
export function setPrincipal(exchange: Exchange, principal: Principal): void {
  exchange.set(KEY, principal)
}

/** Of an exchange that is explained: whether somebody who can't be asked might know who asks. */
const OPEN: StateKey<boolean> = stateKey('principal open')

/** Begins an explanation: from here on, who has no principal is known to have none. */
export function expectPrincipal(exchange: Exchange): void {
  exchange.set(OPEN, false)
}

/** Leaves it open who asks, in an explanation. */
export function leaveOpen(exchange: Exchange): Exchange {
  exchange.set(OPEN, true)
  return exchange
}

/** Whether it is open who asks; `undefined` outside of explanations. */
export function isOpen(exchange: Exchange): boolean | undefined {
  return exchange.get(OPEN)
}
