import { type Exchange, type StateKey, stateKey } from '../exchange.js'
import { changeHeaders, type HeaderMap } from '../http/header-map.js'

/**
 * Set-Cookie lines that this gateway put onto the reply of an exchange for its one client (a sticky session's). They are not the
 * upstream's: they make nothing uncacheable, and nobody else gets them.
 */
export const ownCookies: StateKey<readonly string[]> = stateKey('ownCookies')

/** Reply fields as the upstream sent them. */
export function withoutOwnCookies(exchange: Exchange, headers: HeaderMap): HeaderMap {
  const own = exchange.get(ownCookies)
  const lines = headers['set-cookie']
  if (own === undefined || lines === undefined) return headers
  const others = [lines].flat().filter((line) => !own.includes(line))
  return changeHeaders(headers, { 'set-cookie': others.length === 0 ? undefined : others })
}
