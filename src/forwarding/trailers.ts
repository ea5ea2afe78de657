import { FieldKind, field } from '../http/fields.js'
import { emptyHeaders, type HeaderMap } from '../http/header-map.js'

/** Fields that must not come as trailers, besides those the field table knows (RFC 9110 §6.5.1). */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'set-cookie',
  'cache-control',
  'content-encoding',
  'content-range',
  'age',
  'expires',
  'date',
  'vary',
  'location',
  'retry-after',
  'www-authenticate',
  'warning',
])

/** The trailers that may be passed on: none that frames, routes, authenticates or belongs to this hop (H-069). */
export function readTrailers(trailers: HeaderMap): HeaderMap {
  const allowed = emptyHeaders()
  for (const name of Object.keys(trailers)) {
    const value = trailers[name]
    if (
      value !== undefined &&
      (field(name).kind ?? FieldKind.underscored) === FieldKind.underscored &&
      !FORBIDDEN.has(name)
    )
      allowed[name] = value
  }
  return allowed
}

/** The same, of names and values in turn. */
export function readTrailerList(list: readonly string[]): HeaderMap {
  const fields = emptyHeaders()
  for (let index = 0; index < list.length; index += 2) fields[list[index]!.toLowerCase()] = list[index + 1]
  return readTrailers(fields)
}
