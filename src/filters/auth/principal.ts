import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import type { Optional } from '../../filter.js'

/** Who asks, as an authenticator found out. */
export interface Principal<KnownClaims extends object = Record<string, unknown>> {
  /** Subject, user name, or the owner of a key: never the credential itself. */
  readonly id: string
  /** How it was found out: `basic`, `api-key`, `jwt`, … */
  readonly scheme: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly groups: readonly string[]
  /** What else was said of it, as a token's claims: own members of an object without a prototype (H-154). */
  readonly claims: Readonly<KnownClaims>
}

/** What a verifier of yours may say of a principal; what it leaves out is empty. */
export type PrincipalLike<KnownClaims extends object = Record<string, unknown>> = Pick<Principal, 'id'> &
  Optional<Principal<KnownClaims>>

/**
 * The claims of whom a verifier accepts by an answer: those that it says, and any where it may leave them out. `true` says none of its own.
 */
export type ClaimsSaid<Answer, Otherwise extends object = Record<string, unknown>> = Answer extends true
  ? Otherwise
  : Answer extends { readonly claims: infer KnownClaims extends object }
    ? KnownClaims
    : Answer extends PrincipalLike
      ? Record<string, unknown>
      : never

declare const CLAIMS: unique symbol

/** Who finds principals: an authenticator. */
export interface Finder<KnownClaims extends object> {
  /** @internal A type only, there is no such member: what `principalOf(exchange, authenticator)` gives. */
  readonly [CLAIMS]?: KnownClaims | undefined
  /** @internal */
  readonly member: object
}

/** Who found a principal; of a combination, with who of it did. */
interface Part {
  readonly member: object
  readonly found: { readonly principal: Principal; readonly by?: readonly Part[] | undefined }
}

/** A principal, and who found it: no more of a {@link Part}, which may hold a body for as long as the exchange lasts. */
interface Whom {
  readonly principal: Principal
  readonly member: object | undefined
  readonly inner: readonly Whom[] | undefined
}

/** Whom the last authenticator found, and what was found in front of it. */
interface Known extends Whom {
  readonly before: Known | undefined
}

const KEY: StateKey<Known> = stateKey('principal')

/**
 * Who asks: set by the authenticator that let the exchange pass, `undefined` where none did. Applications behind `handOver()` read it from
 * `exchangeOf(req)`.
 *
 * @example
 * ```ts
 * app.get('/me', (req, res) => res.json({ id: principalOf(exchangeOf(req))?.id }))
 * ```
 */
export function principalOf(exchange: Exchange | undefined): Principal | undefined
/**
 * What that very authenticator found, with its claims typed as its own: `undefined` if it was not the one, or not one of those, that let the
 * exchange pass.
 *
 * @example
 * ```ts
 * const tokens = jwt<{ tenant: string }>({ jwksUri, issuer, audience })
 * app.get('/me', (req, res) => res.json({ tenant: principalOf(exchangeOf(req), tokens)?.claims.tenant }))
 * ```
 */
export function principalOf<KnownClaims extends object>(
  exchange: Exchange | undefined,
  by: Finder<KnownClaims>,
): Principal<KnownClaims> | undefined
export function principalOf(exchange: Exchange | undefined, by?: Finder<object>): Principal | undefined {
  let known = exchange?.get(KEY)
  if (by === undefined) return known?.principal
  for (; known !== undefined; known = known.before) {
    const found = foundBy(by.member, known)
    if (found !== undefined) return found
  }
  return undefined
}

function foundBy(member: object, { principal, member: finder, inner = [] }: Whom): Principal | undefined {
  if (finder === member) return principal
  for (const each of inner) {
    const found = foundBy(member, each)
    if (found !== undefined) return found
  }
  return undefined
}

/** Sets who asks. What the same one, and those behind it, had found before is over: it was asked anew. */
export function setPrincipal(exchange: Exchange, principal: Principal, part?: Part): void {
  const last = exchange.get(KEY)
  let same = last
  while (same !== undefined && same.member !== part?.member) same = same.before
  const before = same === undefined ? last : same.before
  exchange.set(KEY, { principal, member: part?.member, inner: part?.found.by?.map(whom), before })
}

function whom({ member, found }: Part): Whom {
  return { principal: found.principal, member, inner: found.by?.map(whom) }
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
