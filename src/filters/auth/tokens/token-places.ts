import type { Exchange } from '../../../exchange.js'
import { changeHeaders, fieldValue } from '../../../http/header-map.js'
import { decodeQueryText } from '../../../http/percent.js'
import { rewriteTarget } from '../../../http/target.js'
import { type Check, optionError } from '../../../options.js'
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
  if (kind === 'header') return TOKEN.test(name) && name.toLowerCase() !== 'authorization' ? inField(name) : null
  if (kind === 'cookie') return TOKEN.test(name) ? inCookie(name) : null
  return kind === 'query' && /^[!-~]+$/.test(name) ? inQuery(name) : null
}

const BEARER: Place = {
  read: ({ headers }) => {
    const field = headers['authorization']
    return field === undefined ? ABSENT : typeof field === 'string' ? readBearer(field) : SEVERAL
  },
  // Another scheme's credential is not ours to take.
  strip: (exchange) => (BEARER.read(exchange) === ABSENT ? exchange : withoutField(exchange, 'authorization')),
}

function inField(name: string): Place {
  const field = name.toLowerCase()
  return {
    read: ({ headers }) => fieldValue(headers, field) ?? ABSENT,
    strip: (exchange) => (exchange.headers[field] === undefined ? exchange : withoutField(exchange, field)),
  }
}

function withoutField(exchange: Exchange, name: string): Exchange {
  return exchange.with({ headers: changeHeaders(exchange.headers, { [name]: undefined }) })
}

function inCookie(name: string): Place {
  const isOurs = (pair: string): boolean => nameOf(pair).trim() === name
  const pairs = ({ headers }: Exchange): string[] => fieldValue(headers, 'cookie')?.split(';') ?? []
  return {
    read: (exchange) => only(pairs(exchange).filter(isOurs).map(textOf)),
    strip: (exchange) => {
      const all = pairs(exchange)
      const rest = all.filter((pair) => !isOurs(pair))
      if (rest.length === all.length) return exchange
      const cookie = rest.length === 0 ? undefined : rest.join(';').trim()
      return exchange.with({ headers: changeHeaders(exchange.headers, { cookie }) })
    },
  }
}

/** Names are compared decoded: an upstream would take `access%5Ftoken` for the same parameter. */
function inQuery(name: string): Place {
  const isOurs = (pair: string): boolean => decodeQueryText(nameOf(pair)) === name
  const pairs = (query: string): string[] => (query.length < 2 ? [] : query.slice(1).split('&'))
  return {
    read: ({ target }) => only(pairs(target.query).filter(isOurs).map(textOf).map(decodeQueryText)),
    strip: (exchange) => {
      const all = pairs(exchange.wire.query)
      const rest = all.filter((pair) => !isOurs(pair))
      if (rest.length === all.length) return exchange
      const href = exchange.wire.path + (rest.length === 0 ? '' : `?${rest.join('&')}`)
      return exchange.with({ wire: rewriteTarget(href, { maxPathLength: 16_384 }) })
    },
  }
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? pair : pair.slice(0, equals)
}

function textOf(pair: string): string {
  return pair.slice(nameOf(pair).length + 1).trim()
}

function only(values: readonly string[]): Found {
  return values.length === 0 ? ABSENT : values.length === 1 ? values[0]! : SEVERAL
}
