import type { Exchange } from '../../exchange.js'
import { field } from '../../http/fields.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { ABSENT, type Authentication, accepted, rejected, type Unsure, unsure } from './authentication.js'
import { type Authenticator, type AuthOptions, authChecks, defineAuthenticator } from './authenticator.js'
import { isRealm, isScheme, realmChallenge } from './challenge.js'
import { type CredentialPlace, inAuthorization, inCookie, inHeader, inQuery } from './credential-places.js'
import { type ApiKeys, compileKeys, KEY } from './known-keys.js'
import type { PrincipalLike } from './principal.js'
import { acceptedAs, askVerifier } from './verifying.js'

export interface ApiKeyOptions extends AuthOptions {
  /** Who has which key: by key, or as a list of `{ key, id, … }`. Held as SHA-256 digests. This or `lookup`. @default none */
  readonly keys?: ApiKeys | undefined
  /** Tells whose key it is; `null` for nobody's. This or `keys`. @default none */
  readonly lookup?:
    | ((key: string, exchange: Exchange) => PrincipalLike | null | Promise<PrincipalLike | null>)
    | undefined
  /** Field that carries it; `false` for none. @default 'x-api-key' */
  readonly header?: string | false | undefined
  /** Scheme of Authorization that carries it, as `ApiKey`. @default none */
  readonly scheme?: string | undefined
  /** Query parameter that carries it. Queries stand in logs and histories: for clients that can do nothing else. @default none */
  readonly query?: string | undefined
  /** Cookie that carries it, which browsers send with what other pages ask for, too. @default none */
  readonly cookie?: string | undefined
  /** What the key is for, as the challenge says it. @default 'api' */
  readonly realm?: string | undefined
}

const NAME = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/

/**
 * Asks for a key, as Kong's `key-auth`, Apigee's VerifyAPIKey or an AWS usage plan. A request with two of them, wherever they stand, is
 * denied: an upstream might take the other one for good (H-026).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const partners = apiKey({ keys: [{ key: process.env.ACME_KEY ?? '', id: 'acme', roles: ['partner'] }], identityHeaders: { 'x-client': 'id' } })
 * ```
 */
export function apiKey<KnownClaims extends object = Record<string, unknown>>(
  options: ApiKeyOptions,
): Authenticator<KnownClaims> {
  checkOptions('apiKey', options, {
    ...authChecks,
    keys: check.either(check.array, check.object),
    lookup: check.function,
    header: isHeader,
    scheme: isScheme,
    query: check.string,
    cookie: (value) => (typeof value === 'string' && NAME.test(value) ? undefined : 'the name of a cookie'),
    realm: isRealm,
  })
  const { keys, lookup, header = 'x-api-key', scheme, query, cookie, realm = 'api', ...rest } = options
  if ((keys === undefined) === (lookup === undefined))
    throw optionError('apiKey', 'keys', keys, 'one of "keys" and "lookup"')
  const places = [
    header === false ? null : inHeader(header),
    scheme === undefined ? null : inAuthorization(scheme),
    query === undefined ? null : inQuery(query),
    cookie === undefined ? null : inCookie(cookie),
  ].filter((place) => place !== null)
  if (places.length === 0)
    throw optionError('apiKey', 'header', header, 'a place for the key: header, scheme, query or cookie')
  const own = header === false ? '' : header.toLowerCase()
  if (Object.keys(rest.identityHeaders ?? {}).some((name) => name.toLowerCase() === own))
    throw optionError(
      'apiKey',
      'identityHeaders',
      header,
      'another field than the key’s, which is taken from no client',
    )
  const explain = (exchange: Exchange): Authentication | Unsure => {
    const found = read(places, exchange)
    return typeof found === 'string' ? unsure('it would look the key up') : found
  }
  const judge = keys === undefined ? asking(lookup!) : among(keys)
  return defineAuthenticator(
    {
      filterName: 'apiKey',
      challenge: realmChallenge(scheme ?? 'ApiKey', realm),
      authenticate: (exchange) => {
        const found = read(places, exchange)
        return typeof found === 'string' ? judge(found, exchange) : found
      },
      strip: (exchange) => places.reduce((bare, place) => place.strip(bare), exchange),
      ...(lookup === undefined ? {} : { explain }),
    },
    rest,
  )
}

const TWO = rejected('more than one key')
const MALFORMED = rejected('the key is malformed')
const UNKNOWN = rejected('nobody has this key')

function read(places: readonly CredentialPlace[], exchange: Exchange): string | Authentication {
  let key: string | undefined
  for (const place of places) {
    for (const value of place.read(exchange)) {
      if (key !== undefined) return TWO
      key = value
    }
  }
  if (key === undefined) return ABSENT
  if (key.includes(',')) return TWO
  return KEY.test(key) ? key : MALFORMED
}

function among(keys: ApiKeys): (key: string) => Authentication {
  const ownerOf = compileKeys(keys)
  return (key) => {
    const owner = ownerOf(key)
    return owner === null ? UNKNOWN : accepted(owner)
  }
}

function asking(lookup: NonNullable<ApiKeyOptions['lookup']>) {
  return (key: string, exchange: Exchange): Authentication | Promise<Authentication> =>
    askVerifier(
      'apiKey',
      () => lookup(key, exchange),
      (owner) => (owner === null ? UNKNOWN : acceptedAs('apiKey', 'api-key', owner)),
    )
}

/** A field of its own: Authorization has `scheme`, and Cookie `cookie`. */
const isHeader: Check = (value) =>
  value === false || (typeof value === 'string' && NAME.test(value) && field(value).kind === undefined)
    ? undefined
    : 'the name of a field of its own, without "_", or false'
