import { fieldValue, type HeaderMap } from '../../http/header-map.js'

/** Why a request went on to the upstream (RFC 9211 §2.2). */
export type ForwardReason = 'bypass' | 'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'partial'

/** What became of a request that went on. */
export interface Forwarded {
  readonly why: ForwardReason
  readonly status?: number
  readonly stored?: boolean
  readonly collapsed?: boolean
  readonly detail?: string
}

/** Writes a cache's members of Cache-Status (RFC 9211). */
export class StatusWriter {
  readonly #name: string

  /** @param name A token, or anything else that fits into a string. */
  constructor(name: string) {
    this.#name = /^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/.test(name) ? name : `"${name}"`
  }

  /** @param ttl Seconds that are left of the lifetime; negative for a stale one. */
  hit(before: HeaderMap, ttl: number): string {
    return append(before, `${this.#name}; hit; ttl=${ttl}`)
  }

  forwarded(before: HeaderMap, { why, status, stored, collapsed, detail }: Forwarded): string {
    let member = `${this.#name}; fwd=${why}`
    if (status !== undefined) member += `; fwd-status=${status}`
    if (stored === true) member += '; stored'
    if (collapsed === true) member += '; collapsed'
    if (detail !== undefined) member += `; detail=${detail}`
    return append(before, member)
  }
}

/** A cache nearer to the client comes later. */
function append(before: HeaderMap, member: string): string {
  const list = fieldValue(before, 'cache-status')
  return list === undefined ? member : `${list}, ${member}`
}
