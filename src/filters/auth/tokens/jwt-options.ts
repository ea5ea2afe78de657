import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { type AuthOptions, authChecks } from '../authenticator.js'
import type { JwtAlgorithm } from './algorithms.js'
import { checkEncrypted, checkUrl, type FetchLike } from './bounded-fetch.js'
import { type ClaimsMapping, mappingChecks } from './claims-mapping.js'
import type { JsonWebKeySet } from './key-source.js'
import type { Timeline } from './remote-keys.js'
import { checkMemory, type TokenMemoryOptions } from './token-memory.js'
import { checkPlaces, type TokenPlace } from './token-places.js'
import type { KeyMaterial } from './verification-key.js'

export interface JwtOptions extends AuthOptions {
  /** The one key: a public key as PEM, JWK or `KeyObject`; with HS algorithms a secret. One of `key`, `keys`, `jwksUri` is needed. */
  readonly key?: KeyMaterial | undefined
  /** Several keys, or a JWK set. A token's `kid` picks among those that have one. */
  readonly keys?: readonly KeyMaterial[] | JsonWebKeySet | undefined
  /** Where the issuer publishes its JWK set; https, or http to this machine. */
  readonly jwksUri?: string | undefined
  /** Whether `jwksUri` may be http: to another machine. @default false */
  readonly allowHttp?: boolean | undefined
  /** Algorithms that count, of one kind. @default all for public keys; of secrets none, they must be named */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /** `iss` must be this, or one of these, to the letter. @default any */
  readonly issuer?: string | readonly string[] | undefined
  /** `aud` must be, or hold, this or one of these. @default any: name it wherever an issuer serves more than this API */
  readonly audience?: string | readonly string[] | undefined
  /** `typ` of the header, as `at+jwt` (RFC 9068 §4), which keeps ID tokens out. @default any */
  readonly typ?: string | undefined
  /** Claims that a token must have, beside `exp`. @default none */
  readonly requiredClaims?: readonly string[] | undefined
  /** Whether tokens without `exp` pass, which never expire. @default false */
  readonly allowNoExpiry?: boolean | undefined
  /** How far clocks may differ. @default 5000 */
  readonly clockToleranceMs?: Milliseconds | undefined
  /** Tokens need an `iat`, and must not be older. @default no limit */
  readonly maxTokenAgeMs?: Milliseconds | undefined
  /** Longer tokens are rejected unread. @default 8192 */
  readonly maxTokenLength?: number | undefined
  /** Which claims make the principal. */
  readonly claims?: ClaimsMapping | undefined
  /** Where tokens stand. @default ['bearer'] */
  readonly from?: readonly TokenPlace[] | undefined
  /**
   * What becomes of tokens that say they are another issuer's, or are no signed tokens: with `leave` it is as if there was none, so that another
   * authenticator can have them. Needs `issuer`. @default 'reject'
   */
  readonly foreignTokens?: 'reject' | 'leave' | undefined
  /** How many verified tokens are remembered; `false` for none. */
  readonly cache?: TokenMemoryOptions | false | undefined
  /** In the challenge of a 401. @default 'api' */
  readonly realm?: string | undefined
  /** With `jwksUri`: how old its keys may be, and so how long a key works that was taken away. @default 600_000 */
  readonly jwksMaxAgeMs?: Milliseconds | undefined
  /** How long keys serve on past that while they can't be fetched. 0 is not at all. @default 3_600_000 */
  readonly jwksStaleMs?: Milliseconds | undefined
  /** Between two fetches for a `kid` that is not known. @default 30_000 */
  readonly jwksCooldownMs?: Milliseconds | undefined
  /** Of one fetch. @default 5000 */
  readonly jwksTimeoutMs?: Milliseconds | undefined
  /** Longest JWK set, in bytes. @default 262_144 */
  readonly jwksMaxBytes?: number | undefined
  /** Most keys of it. @default 100 */
  readonly jwksMaxKeys?: number | undefined
  /** Asks for the JWK set. @default the global `fetch` */
  readonly fetch?: FetchLike | undefined
  /** What tokens' dates are held against: milliseconds since 1970. @default Date.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Time and timers of the JWK set. @default real ones */
  readonly clock?: Timeline | undefined
  /** @default Math.random */
  readonly random?: (() => number) | undefined
}

const texts: Check = check.either(check.string, check.strings)

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkJwt(options: JwtOptions): void {
  checkOptions('jwt', options, {
    ...authChecks,
    key: check.anything,
    keys: (value) =>
      Array.isArray(value) || Array.isArray((value as { readonly keys?: unknown } | null)?.keys)
        ? undefined
        : 'an array of keys, or a JWK set',
    jwksUri: checkUrl,
    allowHttp: check.boolean,
    algorithms: check.strings,
    issuer: texts,
    audience: texts,
    typ: check.string,
    requiredClaims: check.strings,
    allowNoExpiry: check.boolean,
    clockToleranceMs: check.whole(0, 600_000),
    maxTokenAgeMs: check.whole(1, Number.MAX_SAFE_INTEGER),
    maxTokenLength: check.whole(64, 1_048_576),
    claims: check.object,
    from: checkPlaces,
    foreignTokens: check.oneOf('reject', 'leave'),
    cache: check.objectOrOff,
    realm: check.string,
    jwksMaxAgeMs: check.duration,
    jwksStaleMs: check.durationOrOff,
    jwksCooldownMs: check.duration,
    jwksTimeoutMs: check.duration,
    jwksMaxBytes: check.whole(1, 16_777_216),
    jwksMaxKeys: check.whole(1, 1_000),
    fetch: check.function,
    now: check.function,
    clock: check.object,
    random: check.function,
  })
  const { key, keys, jwksUri, allowHttp = false, jwksMaxAgeMs = 600_000, jwksCooldownMs = 30_000 } = options
  if ([key, keys, jwksUri].filter((each) => each !== undefined).length !== 1)
    throw optionError('jwt', 'key', key, 'exactly one of "key", "keys" and "jwksUri"')
  for (const name of ['issuer', 'audience'] as const)
    if (options[name]?.length === 0) throw optionError('jwt', name, options[name], 'a text, or some')
  if (options.foreignTokens === 'leave' && options.issuer === undefined)
    throw optionError('jwt', 'issuer', undefined, 'the issuer whose tokens are not foreign')
  checkOptions('jwt claims', options.claims ?? {}, mappingChecks)
  if (options.cache) checkMemory('jwt', options.cache)
  if (jwksUri !== undefined) checkEncrypted('jwt', 'jwksUri', jwksUri, allowHttp)
  // Else keys would be too old before they may be fetched again.
  if (jwksMaxAgeMs < jwksCooldownMs) throw optionError('jwt', 'jwksMaxAgeMs', jwksMaxAgeMs, 'at least jwksCooldownMs')
}
