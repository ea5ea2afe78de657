import type { Exchange } from '../../exchange.js'
import { changeHeaders, fieldValue } from '../../http/header-map.js'
import { decodeQueryText } from '../../http/percent.js'
import { rewriteTarget } from '../../http/target.js'
import { FoldedNames, withoutFields } from './identity-headers.js'

/** A place where a request may carry a credential: a key, a token. */
export interface CredentialPlace {
  /** All values there: more than one is too many. */
  read(exchange: Exchange): readonly string[]
  strip(exchange: Exchange): Exchange
}

const NONE: readonly string[] = Object.freeze([])

/** A field of its own; any spelling that an upstream folds into it goes with it (H-062). */
export function inHeader(name: string): CredentialPlace {
  const lower = name.toLowerCase()
  const names = new FoldedNames([lower])
  return {
    read: ({ headers }) => {
      const value = headers[lower]
      return value === undefined ? NONE : typeof value === 'string' ? [value] : value
    },
    strip: (exchange) => withoutFields(exchange, names),
  }
}

/** The Authorization field with a scheme of its own: one space, and a key of one word. */
export function inAuthorization(scheme: string): CredentialPlace {
  const lower = scheme.toLowerCase()
  const read = ({ headers }: Exchange): readonly string[] => {
    const field = fieldValue(headers, 'authorization') ?? ''
    const rest = field.slice(scheme.length)
    if (field.slice(0, scheme.length).toLowerCase() !== lower) return NONE
    // What goes on with a token character is the name of another scheme.
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(rest)) return NONE
    return [rest.startsWith(' ') ? rest.slice(1) : '']
  }
  return {
    read,
    strip: (exchange) => (read(exchange).length === 0 ? exchange : withoutAuthorization(exchange)),
  }
}

export function withoutAuthorization(exchange: Exchange): Exchange {
  return exchange.with({ headers: changeHeaders(exchange.headers, { authorization: undefined }) })
}

/** A parameter of the query. Names are compared decoded: an upstream would take `access%5Ftoken` for the same one. */
export function inQuery(name: string): CredentialPlace {
  const named = (pair: string): boolean => {
    const equals = pair.indexOf('=')
    return decodeQueryText(equals === -1 ? pair : pair.slice(0, equals)) === name
  }
  const keyOf = (pair: string): string => decodeQueryText(pair.slice(pair.indexOf('=') + 1 || pair.length))
  return {
    read: ({ target: { query } }) => (query.length < 2 ? NONE : query.slice(1).split('&').filter(named).map(keyOf)),
    strip: (exchange) => {
      const { path, query } = exchange.wire
      const pairs = query.slice(1).split('&')
      const kept = pairs.filter((pair) => !named(pair))
      if (kept.length === pairs.length) return exchange
      const wire = rewriteTarget(kept.length === 0 ? path : `${path}?${kept.join('&')}`, { maxPathLength: 16_384 })
      return exchange.with({ wire })
    },
  }
}

/** A cookie. */
export function inCookie(name: string): CredentialPlace {
  // Blanks around a name are passed over by who reads cookies upstream.
  const named = (pair: string): boolean => pair.includes('=') && pair.slice(0, pair.indexOf('=')).trim() === name
  const pairsOf = ({ headers }: Exchange): readonly string[] => {
    const field = fieldValue(headers, 'cookie')
    return field === undefined ? NONE : field.split(';')
  }
  return {
    read: (exchange) => {
      const found = pairsOf(exchange).filter(named)
      return found.map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    },
    strip: (exchange) => {
      const pairs = pairsOf(exchange)
      const kept = pairs.filter((pair) => !named(pair))
      if (kept.length === pairs.length) return exchange
      const cookie = kept.join(';').trim()
      return exchange.with({ headers: changeHeaders(exchange.headers, { cookie: cookie === '' ? undefined : cookie }) })
    },
  }
}
