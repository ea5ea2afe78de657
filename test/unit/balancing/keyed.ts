import type { Exchange } from 'edgewise'
import type { Balanced } from '../../../src/balancing/balancer.js'

/** What of an exchange keys and cookies are read from. */
export interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  readonly query?: string
  readonly params?: Readonly<Record<string, string>>
  readonly address?: string
  readonly protocol?: 'http' | 'https'
}

/** As much of an exchange as hash strategies look at. */
export function asked(parts: Asked = {}): Exchange {
  const { headers = {}, path = '/', query = '', params = {}, address = '192.0.2.1', protocol = 'http' } = parts
  const target = { path, query, href: path + query }
  return { headers, target, wire: target, params, client: { address, protocol } } as unknown as Exchange
}

/** A request whose key, in `x-key`, is this. */
export function keyed(key: string): Exchange {
  return asked({ headers: { 'x-key': key } })
}

/** The key that {@link keyed} sets. */
export const byKey = { header: 'x-key' } as const

/** Endpoints as a pool of that many would name them. */
export function hosts(count: number, weight: (at: number) => number = () => 1): Host[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `http://10.0.${at >> 8}.${at & 255}:3000`,
    weight: weight(at),
    inFlight: 0,
    available: true,
  }))
}

export interface Host extends Balanced {
  weight: number
  inFlight: number
  available: boolean
}

/** Keys that differ. */
export function manyKeys(count: number): Exchange[] {
  return Array.from({ length: count }, (_, at) => keyed(`user-${at}`))
}
