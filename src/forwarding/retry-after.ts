import type { HeaderMap } from '../http/header-map.js'

/** Milliseconds that a Retry-After field asks for (RFC 9110 §10.2.3): seconds, or a date; 0 for none or one that can't be read. */
export function retryAfterMs(field: HeaderMap[string], now: number = Date.now()): number {
  if (typeof field !== 'string') return 0
  if (/^[0-9]{1,10}$/.test(field)) return Number(field) * 1000
  const date = Date.parse(field)
  return Number.isNaN(date) ? 0 : Math.max(0, date - now)
}
