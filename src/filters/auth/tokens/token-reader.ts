import type { Exchange } from '../../../exchange.js'
import type { Authentication } from '../authenticator.js'
import { ABSENT, SEVERAL } from './bearer.js'
import type { Reject } from './challenge.js'
import { compilePlaces, type TokenPlace } from './token-places.js'

/** Reads a request's token, and takes it away. */
export interface TokenReader {
  /** The token; or what is to be said without one. */
  read(exchange: Exchange): string | Authentication
  strip(exchange: Exchange): Exchange
}

const NONE: Authentication = { outcome: 'absent' }

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function tokenReader(factory: string, from: readonly TokenPlace[] = ['bearer'], reject: Reject): TokenReader {
  const place = compilePlaces(factory, from)
  return {
    read: (exchange) => {
      const found = place.read(exchange)
      if (typeof found === 'string') return found
      if (found === ABSENT) return NONE
      // RFC 6750 §3.1: more than one place is a malformed request.
      return found === SEVERAL ? reject('more than one token', 400) : reject('the credential is malformed')
    },
    strip: (exchange) => place.strip(exchange),
  }
}
