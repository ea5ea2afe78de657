import { fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { isWeak } from './validating.js'

/** Positions of the first and last byte. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Which bytes of how many a 206 holds; `total` is null where its origin does not know. */
export interface Part extends ByteRange {
  readonly total: number | null
}

/**
 * The one range that a request asks of content of `total` bytes (RFC 9110 §14.1.2). `null` for what is answered with all of it:
 * another unit, a malformed field, more than one range (H-179: a hundred of them would multiply the answer).
 */
export function parseRange(field: string, total: number): ByteRange | 'unsatisfiable' | null {
  const found = /^bytes=[ \t]*(?:([0-9]{1,15})-([0-9]{1,15})?|-([0-9]{1,15}))[ \t]*$/i.exec(field)
  if (found === null) return null
  const [, from, to, suffix] = found
  if (from === undefined) {
    const length = Math.min(Number(suffix), total)
    return length === 0 ? 'unsatisfiable' : { first: total - length, last: total - 1 }
  }
  const first = Number(from)
  const last = to === undefined ? total - 1 : Math.min(Number(to), total - 1)
  if (to !== undefined && Number(to) < first) return 'unsatisfiable'
  return first >= total ? 'unsatisfiable' : { first, last }
}

/** Whether a client's If-Range lets its Range count: the same strong tag, or the same date (RFC 9110 §13.1.5). */
export function isRangeWanted(asked: HeaderMap, stored: HeaderMap): boolean {
  const condition = fieldValue(asked, 'if-range')
  if (condition === undefined) return true
  if (condition.startsWith('"')) return condition === fieldValue(stored, 'etag')
  return !isWeak(condition) && condition === fieldValue(stored, 'last-modified')
}

/** What a 206 holds; `null` if its Content-Range can't be read, or does not fit its length (H-180). */
export function parsePart(field: string | undefined, length: number | undefined): Part | null {
  const found = /^bytes[ \t]+([0-9]{1,15})-([0-9]{1,15})\/([0-9]{1,15}|\*)$/i.exec(field ?? '')
  if (found === null) return null
  const [first, last] = [Number(found[1]), Number(found[2])]
  const total = found[3] === '*' ? null : Number(found[3])
  if (last < first || (total !== null && last >= total)) return null
  return length !== undefined && length !== last - first + 1 ? null : { first, last, total }
}

/** The range that a request asks, if a stored part holds all of it. */
export function rangeWithin(field: string, { first, last, total }: Part): ByteRange | null {
  // Without a total, a suffix or an open end can't be placed.
  const open = total === null && !/^bytes=[ \t]*[0-9]+-[0-9]+[ \t]*$/i.test(field)
  const range = open ? null : parseRange(field, total ?? Number.MAX_SAFE_INTEGER)
  return range !== null && range !== 'unsatisfiable' && range.first >= first && range.last <= last ? range : null
}

/** The Range that would complete a stored part; `null` where its rest can't be told to be of the same content (RFC 9111 §3.4). */
export function missingRest(part: Part, stored: HeaderMap): string | null {
  const tag = fieldValue(stored, 'etag')
  const known = part.first === 0 && part.total !== null && part.last < part.total - 1
  return known && tag !== undefined && !isWeak(tag) ? `bytes=${part.last + 1}-` : null
}

/** Whether an answer goes on where a stored part ends, in the same content, to its end. */
export function completes(answer: HeaderMap, length: number | undefined, part: Part, stored: HeaderMap): boolean {
  const rest = parsePart(fieldValue(answer, 'content-range'), length)
  return (
    rest !== null &&
    rest.first === part.last + 1 &&
    rest.total === part.total &&
    rest.last === rest.total! - 1 &&
    fieldValue(answer, 'etag') === fieldValue(stored, 'etag')
  )
}
