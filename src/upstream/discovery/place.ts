import { isIPv6 } from 'node:net'
import { parseAuthority } from '../../http/authority.js'
import { type Check, check } from '../../options.js'
import type { EndpointOptions, Protocol } from '../endpoint.js'

/** What endpoints found in a registry can be spoken to with. */
export type FoundProtocol = Exclude<Protocol, 'unix' | 'local'>

/** Option checks that the registries share. */
export const placeChecks: Readonly<Record<'protocol' | 'host', Check>> = {
  protocol: check.oneOf('http', 'https', 'tcp'),
  host: (value) =>
    typeof value === 'string' && parseAuthority(value) !== null ? undefined : 'a host name, with or without port',
}

/** The URL of an address, IPv6 in brackets. */
export function urlOf(protocol: FoundProtocol, address: string, port: number): string {
  return `${protocol}://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

/** Host field of a name: with its port unless that goes without saying (RFC 9110 §7.2). */
export function hostOf(protocol: FoundProtocol, name: string, port: number): string {
  const implied = protocol === 'http' ? 80 : protocol === 'https' ? 443 : undefined
  return port === implied ? name : `${name}:${port}`
}

/**
 * The same endpoints in the same order whatever the order in which they were found, each URL once, so that lists compare equal.
 * Of two with one URL the first stays.
 */
export function orderly<E extends EndpointOptions>(found: readonly E[]): E[] {
  const byUrl = new Map<string, E>()
  for (const each of found) if (!byUrl.has(String(each.url))) byUrl.set(String(each.url), each)
  return [...byUrl.keys()].sort().map((url) => byUrl.get(url)!)
}
