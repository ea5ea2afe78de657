import { listHas } from './field-list.js'
import { changeHeaders, fieldValue, type HeaderMap, type MutableHeaderMap } from './header-map.js'
import { withVary } from './vary.js'

/** Fields that speak of exact bytes: sums of them (RFC 9530, and what came before it), their number, and ranges of them. */
const EXACT: HeaderMap = {
  'content-length': undefined,
  'accept-ranges': undefined,
  'content-md5': undefined,
  digest: undefined,
  'content-digest': undefined,
  'repr-digest': undefined,
}

/**
 * The fields of a message that says the same in other bytes, under another Content-Encoding (`undefined` for none): those that spoke of
 * the exact bytes are gone, and a strong ETag is a weak one (RFC 9110 §8.8.1).
 */
export function recoded(headers: HeaderMap, encoding: string | undefined): MutableHeaderMap {
  const etag = fieldValue(headers, 'etag')
  return changeHeaders(headers, {
    ...EXACT,
    'content-encoding': encoding,
    ...(etag === undefined ? {} : { etag: weakened(etag) }),
  })
}

/** Trailers of a message whose bytes are others now. */
export function recodedTrailers(trailers: (() => HeaderMap) | undefined): (() => HeaderMap) | undefined {
  return trailers && (() => changeHeaders(trailers(), EXACT))
}

/** The weak form of an entity tag; none of what is not one, which as a weak tag would still be none. */
export function weakened(etag: string): string | undefined {
  if (etag.startsWith('W/"')) return etag
  return etag.startsWith('"') ? `W/${etag}` : undefined
}

/**
 * The fields of a 304 with the ETag as the client knows it. It asked with the weak tag that it was given with other bytes, and the upstream
 * answers with its own, the strong one, which would not be allowed to refresh what the client has stored (RFC 9111 §4.3.4). `null` where
 * that is not so.
 */
export function confirmed(asked: HeaderMap, headers: HeaderMap): MutableHeaderMap | null {
  const etag = fieldValue(headers, 'etag')
  if (etag?.startsWith('"') !== true || headers['content-encoding'] !== undefined) return null
  const known = fieldValue(asked, 'if-none-match')?.includes(`W/${etag}`) === true
  return known ? changeHeaders(headers, { etag: `W/${etag}` }) : null
}

/** The same fields, with a Vary that names Accept-Encoding. */
export function variedByEncoding(headers: HeaderMap): MutableHeaderMap {
  return changeHeaders(headers, { vary: withVary(headers, ['Accept-Encoding']) })
}

/** Whether a message asks to be left as it is (RFC 9110 §7.7). */
export function isFixed(headers: HeaderMap): boolean {
  const control = fieldValue(headers, 'cache-control')
  return control !== undefined && listHas(control, 'no-transform')
}
