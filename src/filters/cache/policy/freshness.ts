import { fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { parseDate } from './dates.js'
import type { Governing } from './targeted.js'

/** What a cache's options say of responses that say nothing themselves. Milliseconds. */
export interface Presumptions {
  readonly heuristics: boolean
  /** Lifetimes by status. */
  readonly lifetimesMs: Readonly<Record<number, number>>
}

/** RFC 9110 §15.1: may be kept without being told so. */
const HEURISTIC: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501])

/** RFC 9111 §4.2.2 names a tenth of the time since the last change as typical. */
const HEURISTIC_SHARE = 0.1
const LONGEST_HEURISTIC = 24 * 3_600_000

/** Whether a response may be stored although it says nothing of how long. */
export function isHeuristic(status: number, said: Governing): boolean {
  return HEURISTIC.has(status) || said.public
}

/** The lifetime that a response states, in milliseconds; `undefined` if it states none (RFC 9111 §4.2.1). */
export function statedLifetime(headers: HeaderMap, said: Governing, receivedAt: number): number | undefined {
  const seconds = said.sMaxAge ?? said.maxAge
  if (seconds !== undefined) return seconds * 1000
  const expires = said.targeted ? undefined : fieldValue(headers, 'expires')
  if (expires === undefined) return undefined
  const time = parseDate(expires, receivedAt)
  // What can't be read means "expired already" (RFC 9111 §5.3). Both clocks may be wrong together, hence the origin's Date.
  return time === null ? 0 : Math.max(0, time - dateOf(headers, receivedAt))
}

/** For how long a response is fresh, in milliseconds: as it states, as the options say for its status, or by guess. */
export function lifetimeOf(
  status: number,
  headers: HeaderMap,
  said: Governing,
  receivedAt: number,
  presumed: Presumptions,
): number {
  const stated = statedLifetime(headers, said, receivedAt) ?? presumed.lifetimesMs[status]
  if (stated !== undefined) return stated
  const modified = presumed.heuristics && isHeuristic(status, said) ? fieldValue(headers, 'last-modified') : undefined
  const time = modified === undefined ? null : parseDate(modified, receivedAt)
  if (time === null) return 0
  return Math.min(LONGEST_HEURISTIC, Math.max(0, (dateOf(headers, receivedAt) - time) * HEURISTIC_SHARE))
}

/** When a response was made, by its own clock; when it was received if it does not say. */
export function dateOf(headers: HeaderMap, receivedAt: number): number {
  const date = fieldValue(headers, 'date')
  return (date === undefined ? null : parseDate(date, receivedAt)) ?? receivedAt
}

/** What a response says of its age, in milliseconds: an Age that is not a plain number is ignored; of several the first counts. */
export function statedAge(headers: HeaderMap): number {
  const first = fieldValue(headers, 'age')?.split(',', 1)[0]?.trim() ?? ''
  return /^[0-9]+$/.test(first) ? Math.min(Number(first), 2 ** 31) * 1000 : 0
}

/**
 * The age that a response had when it was received, in milliseconds (RFC 9111 §4.2.3).
 *
 * @param madeBy When its request left, less the age that it said it had.
 */
export function ageAtReceipt(headers: HeaderMap, madeBy: number, receivedAt: number): number {
  return Math.max(0, receivedAt - dateOf(headers, receivedAt), receivedAt - madeBy)
}
