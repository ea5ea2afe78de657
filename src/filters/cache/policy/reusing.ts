import type { Directives } from './directives.js'

/** What is worked out once of a stored response, for the decision whether to use it. Milliseconds. */
export interface Freshness {
  readonly said: Directives
  readonly lifetime: number
  readonly receivedAt: number
  readonly ageAtReceipt: number
}

/**
 * How a stored response may be used: as `fresh`; `stale`, because the client takes it or the origin lets it go on while it is
 * being `refresh`ed; or not before it has been checked with the origin.
 */
export type Use = 'fresh' | 'stale' | 'refresh' | 'validate'

/** How old a stored response is, in milliseconds. A clock that was set back does not make it younger than it was when it came. */
export function ageOf({ ageAtReceipt, receivedAt }: Freshness, now: number): number {
  return ageAtReceipt + Math.abs(now - receivedAt)
}

/**
 * How a stored response may be used (RFC 9111 §4.2).
 *
 * @param wish The request's directives; `null` for none.
 */
export function useOf(stored: Freshness, age: number, wish: Directives | null): Use {
  const { said, lifetime } = stored
  if (said.noCache || wish?.noCache === true) return 'validate'
  const fresh = lifetime > age
  if (wish !== null) {
    const { maxAge, minFresh } = wish
    // RFC 8246: a reload (`max-age=0`) need not disturb what its origin called immutable, while it is fresh.
    const limited = maxAge !== undefined && !(said.immutable && fresh)
    if (limited && (maxAge === 0 || age > maxAge * 1000)) return 'validate'
    if (minFresh !== undefined && lifetime - age < minFresh * 1000) return 'validate'
  }
  if (fresh) return 'fresh'
  const staleness = age - lifetime
  if (wish?.maxStale !== undefined && !isNeverStale(said) && staleness <= wish.maxStale * 1000) return 'stale'
  return isWithin(staleness, said, said.staleWhileRevalidate) ? 'refresh' : 'validate'
}

/** Whether a stored response may stand in for a failing origin (RFC 5861 §4): within its own window or the request's, the larger. */
export function mayReplaceError(stored: Freshness, age: number, wish: Directives | null): boolean {
  const { said, lifetime } = stored
  const staleness = age - lifetime
  if (isWithin(staleness, said, said.staleIfError)) return true
  return !isNeverStale(said) && wish?.staleIfError !== undefined && staleness <= wish.staleIfError * 1000
}

/** For how long past its lifetime a response may be of use without being checked, in milliseconds. */
export function staleWindow(said: Directives): number {
  return Math.max(said.staleWhileRevalidate ?? 0, said.staleIfError ?? 0) * 1000
}

/**
 * An explicit window of the response's own is honoured next to `s-maxage`, as CDNs do and frameworks count on, although RFC 9111
 * §5.2.2.10, strictly read, gives `s-maxage` the force of `proxy-revalidate`.
 */
function isWithin(staleness: number, said: Directives, seconds: number | undefined): boolean {
  if (seconds === undefined || said.mustRevalidate || said.proxyRevalidate || said.noCache) return false
  return staleness <= seconds * 1000
}

/** RFC 9111 §4.2.4, §5.2.2: not to be served stale, whoever would take it. */
function isNeverStale(said: Directives): boolean {
  return said.mustRevalidate || said.proxyRevalidate || said.noCache || said.sMaxAge !== undefined
}
