import type { Exchange } from '../../../exchange.js'
import { type Check, optionError } from '../../../options.js'
import { type CredentialPlace, inCookie, inHeader, inQuery, withoutAuthorization } from '../credential-places.js'
import { ABSENT, type Found, readBearer, SEVERAL } from './bearer.js'

/**
 * Where a token stands: `'bearer'` in Authorization (RFC 6750 §2.1), `{ header }` alone in a field, `{ query }` in a parameter, `{ cookie }`
 * in a cookie.
 */
export type TokenPlace =
  | 'bearer'
  | { readonly header: string }
  | { readonly query: string }
  | { readonly cookie: string }

/** One place, or all of several. */
export interface Place {
  read(exchange: Exchange): Found
  /** The exchange without the token that was read; the same one where there is nothing to take away. */
  strip(exchange: Exchange): Exchange
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const ALLOWED = "places: 'bearer', { header }, { query }, { cookie }, each once"

export const checkPlaces: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((each) => placeOf(each) !== null) ? undefined : ALLOWED

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compilePlaces(factory: string, from: readonly TokenPlace[]): Place {
  const names = new Set(from.map((each) => JSON.stringify(each).toLowerCase()))
  if (names.size !== from.length) throw optionError(factory, 'from', from, ALLOWED)
  const places = from.map((each) => placeOf(each)!)
  return places.length === 1 ? places[0]! : allOf(places)
}

function allOf(places: readonly Place[]): Place {
  return {
    read: (exchange) => {
      let found: Found = ABSENT
      for (const place of places) {
        const here = place.read(exchange)
        if (here === ABSENT) continue
        if (found !== ABSENT) return SEVERAL
        found = here
      }
      return found
    },
    strip: (exchange) => places.reduce((stripped, place) => place.strip(stripped), exchange),
  }
}

function placeOf(place: unknown): Place | null {
  if (place === 'bearer') return BEARER
  if (typeof place !== 'object' || place === null) return null
  const [[kind, name] = [], ...more] = Object.entries(place)
  if (more.length > 0 || typeof name !== 'string') return null
  if (kind === 'header')
    return TOKEN.test(name) && name.toLowerCase() !== 'authorization' ? single(inHeader(name)) : null
  if (kind === 'cookie') return TOKEN.test(name) ? single(inCookie(name)) : null
  return kind === 'query' && /^[!-~]+$/.test(name) ? single(inQuery(name)) : null
}

const BEARER: Place = {
  read: ({ headers }) => {
    const field = headers['authorization']
    return field === undefined ? ABSENT : typeof field === 'string' ? readBearer(field) : SEVERAL
  },
  // Another scheme's credential is not ours to take.
  strip: (exchange) => (BEARER.read(exchange) === ABSENT ? exchange : withoutAuthorization(exchange)),
}

/** Several tokens in one place are told from one. */
function single(place: CredentialPlace): Place {
  return { read: (exchange) => only(place.read(exchange)), strip: (exchange) => place.strip(exchange) }
}

function only(values: readonly string[]): Found {
  return values.length === 0 ? ABSENT : values.length === 1 ? values[0]! : SEVERAL
}
