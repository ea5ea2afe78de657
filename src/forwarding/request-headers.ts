import { randomBytes } from 'node:crypto'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { type ForwardedStyle, writeForwarded } from '../http/forwarded.js'
import { changeHeaders, type MutableHeaderMap } from '../http/header-map.js'
import type { HeaderChange } from '../http/header-rules.js'
import { appendVia, isLoop } from '../http/via.js'

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
  const headers = options.rules === null ? changeHeaders(exchange.headers, {}) : options.rules.copy(exchange.headers)
  if (options.via !== false) {
    const via = headers['via'] as string | undefined
    if (isLoop(via, options.via)) throw new EdgeError('ERR_EDGE_LOOP', 'this request has passed here before')
    headers['via'] = appendVia(via, exchange.httpVersion, options.via)
  }
  const hops = headers['max-forwards']
  if (typeof hops === 'string' && /^[0-9]{1,6}$/.test(hops))
    headers['max-forwards'] = String(Math.max(0, Number(hops) - 1))
  writeForwarded(headers, exchange.client, exchange.base, options.forwarded)
  options.rules?.apply(headers, exchange)
  return headers
}
