import { randomBytes } from 'node:crypto'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { type ForwardedStyle, writeForwarded } from '../http/forwarded.js'
import { emptyHeaders, type HeaderMap, type MutableHeaderMap, toHeaders } from '../http/header-map.js'
import { appendVia, isLoop } from '../http/via.js'
import { check, checkOptions } from '../options.js'

/** Changes to header fields, applied last. */
export interface HeaderRules {
  /** Fields to set, in place of what is there. */
  readonly set?: Readonly<Record<string, string>> | undefined
  /** Names of fields to take away. */
  readonly remove?: readonly string[] | undefined
}

/** Compiled {@link HeaderRules}. */
export type HeaderChange = (headers: MutableHeaderMap) => void

/** Checks and compiles header rules; `null` for none. */
export function compileRules(factory: string, rules: HeaderRules | undefined): HeaderChange | null {
  if (rules === undefined) return null
  checkOptions(factory, rules, { set: check.object, remove: check.strings })
  const set = Object.entries(toHeaders(rules.set ?? {}))
  const removed = (rules.remove ?? []).map((name) => name.toLowerCase())
  const governed = new Set([...removed, ...set.map(([name]) => name)])
  return (headers) => {
    for (const name of removed) delete headers[name]
    // An upstream that folds `_` into `-` would read an alias as the field itself (H-062).
    for (const name in headers) if (name.includes('_') && governed.has(name.replaceAll('_', '-'))) delete headers[name]
    for (const [name, value] of set) headers[name] = value
  }
}

/** A name for this hop that no other has, so that a request that comes back is known (H-056). */
export function makePseudonym(): string {
  return `edgewise-${randomBytes(4).toString('hex')}`
}

export interface RequestHeaderOptions {
  readonly via: string | false
  readonly forwarded: ForwardedStyle
  readonly rules: HeaderChange | null
}

/**
 * What goes upstream: the client's end-to-end fields, where they came from, this hop's Via, the configured changes.
 *
 * @throws {@link EdgeError} `ERR_EDGE_LOOP` (508) for a request that has been here before.
 */
export function requestHeaders(exchange: Exchange, options: RequestHeaderOptions): MutableHeaderMap {
  const headers = copy(exchange.headers)
  if (options.via !== false) {
    const via = headers['via'] as string | undefined
    if (isLoop(via, options.via)) throw new EdgeError('ERR_EDGE_LOOP', 'this request has passed here before')
    headers['via'] = appendVia(via, exchange.httpVersion, options.via)
  }
  const hops = headers['max-forwards']
  if (typeof hops === 'string' && /^[0-9]{1,6}$/.test(hops))
    headers['max-forwards'] = String(Math.max(0, Number(hops) - 1))
  writeForwarded(headers, exchange.client, exchange.base, options.forwarded)
  options.rules?.(headers)
  return headers
}

function copy(headers: HeaderMap): MutableHeaderMap {
  const own = emptyHeaders()
  for (const name in headers) own[name] = headers[name]
  return own
}
