import { splitUnquoted } from '../../../http/field-list.js'
import { changeHeaders, fieldValue, type HeaderMap, type MutableHeaderMap } from '../../../http/header-map.js'
import { parseDate } from './dates.js'
import { dateOf } from './freshness.js'

/** What a client's own conditions and ranges are written in: not shown to the origin when the cache asks for itself. */
const OWN_CONDITIONS: HeaderMap = {
  'if-none-match': undefined,
  'if-modified-since': undefined,
  'if-match': undefined,
  'if-unmodified-since': undefined,
  'if-range': undefined,
  range: undefined,
}

/** Whether a request has conditions of its own. */
export function isConditional(asked: HeaderMap): boolean {
  return (
    asked['if-none-match'] !== undefined ||
    asked['if-modified-since'] !== undefined ||
    asked['if-match'] !== undefined ||
    asked['if-unmodified-since'] !== undefined ||
    asked['if-range'] !== undefined
  )
}

/** A request's fields without its own conditions and Range. */
export function unconditional(asked: HeaderMap): MutableHeaderMap {
  return changeHeaders(asked, OWN_CONDITIONS)
}

/** A request's fields with the stored validators, as they were received, in place of its own conditions (RFC 9111 §4.3.1). */
export function conditional(asked: HeaderMap, stored: HeaderMap): HeaderMap {
  const headers = unconditional(asked)
  const [etag, modified] = [fieldValue(stored, 'etag'), fieldValue(stored, 'last-modified')]
  if (etag !== undefined) headers['if-none-match'] = etag
  if (modified !== undefined) headers['if-modified-since'] = modified
  return headers
}

/** Whether a 304 speaks of a stored response (RFC 9111 §4.3.4); one that has no validator at all does. */
export function belongsTo(answer: HeaderMap, stored: HeaderMap): boolean {
  const [tag, own] = [fieldValue(answer, 'etag'), fieldValue(stored, 'etag')]
  if (tag !== undefined) return own !== undefined && (isWeak(tag) ? opaque(tag) === opaque(own) : tag === own)
  const modified = fieldValue(answer, 'last-modified')
  return modified === undefined || modified === fieldValue(stored, 'last-modified')
}

/** Not taken from a 304, nor from the answer to a HEAD: what tells of the stored content, and what chose it. */
const STAYING: ReadonlySet<string> = new Set(
  'content-length content-encoding content-type content-range vary connection keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/** A stored response's fields, with what a validation says in place of them or beside them (RFC 9111 §3.2). Its Age is not the new one's. */
export function merged(stored: HeaderMap, answer: HeaderMap): MutableHeaderMap {
  const headers = changeHeaders(stored, { age: undefined })
  for (const name in answer) if (!STAYING.has(name)) headers[name] = answer[name]
  return headers
}

/** Whether an answer to HEAD tells of the same content as a stored response to GET (RFC 9111 §4.3.5). */
export function agrees(answer: HeaderMap, stored: HeaderMap): boolean {
  return ['etag', 'last-modified', 'content-length'].every((name) => {
    const value = fieldValue(answer, name)
    return value === undefined || value === fieldValue(stored, name)
  })
}

/**
 * Whether a client that has a copy already may be told so (RFC 9110 §13.2.2): If-None-Match is decisive where it stands; without
 * Last-Modified, If-Modified-Since is compared with Date (RFC 9111 §4.3.2).
 */
export function isNotModified(asked: HeaderMap, stored: HeaderMap, receivedAt: number): boolean {
  const tags = fieldValue(asked, 'if-none-match')
  if (tags !== undefined) {
    if (tags.trim() === '*') return true
    const own = fieldValue(stored, 'etag')
    return own !== undefined && splitUnquoted(tags, ',').some((tag) => opaque(tag.trim()) === opaque(own))
  }
  const since = fieldValue(asked, 'if-modified-since')
  const limit = since === undefined ? null : parseDate(since, receivedAt)
  if (limit === null) return false
  const modified = fieldValue(stored, 'last-modified')
  return ((modified === undefined ? null : parseDate(modified, receivedAt)) ?? dateOf(stored, receivedAt)) <= limit
}

/** Whether a tag says no more than "as good as". */
export function isWeak(tag: string): boolean {
  return tag.startsWith('W/')
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag
}
