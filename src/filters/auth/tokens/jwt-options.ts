import { check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import type { JwtAlgorithm } from './algorithms.js'
import { checkUrl } from './bounded-fetch.js'
import type { JsonWebKeySet } from './key-source.js'
import { memoryChecks, type TokenMemoryOptions } from './token-memory.js'
import { checkTokens, type TokenOptions, tokenChecks } from './token-options.js'
import type { KeyMaterial } from './verification-key.js'

export interface JwtOptions extends TokenOptions {
  /** The one key: a public key as PEM, JWK or `KeyObject`; with HS algorithms a secret. One of `key`, `keys`, `jwksUri` is needed. @default none */
  readonly key?: KeyMaterial | undefined
  /** Several keys, or a JWK set. A token's `kid` picks among those that have one. @default none */
  readonly keys?: readonly KeyMaterial[] | JsonWebKeySet | undefined
  /** Where the issuer publishes its JWK set; https, or http to this machine. @default none */
  readonly jwksUri?: string | undefined
  /** Algorithms that count, of one kind. @default all for public keys; of secrets none, they must be named */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
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
  /**
   * What becomes of tokens that say they are another issuer's, or are no signed tokens: with `leave` it is as if there was none, so that another
   * authenticator can have them. Needs `issuer`. @default 'reject'
   */
  readonly foreignTokens?: 'reject' | 'leave' | undefined
  /** How many verified tokens are remembered; `false` for none. @default {}: 10,000 tokens, 16 MiB of text */
  readonly cache?: TokenMemoryOptions | false | undefined
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
  /** Source of chance in [0, 1), for when keys are fetched again. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkJwt(options: JwtOptions): void {
  checkOptions('jwt', options, {
    ...tokenChecks,
    key: check.anything,
    keys: (value) =>
      Array.isArray(value) || Array.isArray((value as { readonly keys?: unknown } | null)?.keys)
        ? undefined
        : 'an array of keys, or a JWK set',
    jwksUri: checkUrl,
    algorithms: check.strings,
    typ: check.string,
    requiredClaims: check.strings,
    allowNoExpiry: check.boolean,
    clockToleranceMs: check.whole(0, 600_000),
    maxTokenAgeMs: check.whole(1, Number.MAX_SAFE_INTEGER),
    foreignTokens: check.oneOf('reject', 'leave'),
    cache: check.objectOrOff,
    jwksMaxAgeMs: check.duration,
    jwksStaleMs: check.durationOrOff,
    jwksCooldownMs: check.duration,
    jwksTimeoutMs: check.duration,
    jwksMaxBytes: check.whole(1, 16_777_216),
    jwksMaxKeys: check.whole(1, 1_000),
    random: check.function,
  })
  const { key, keys, jwksUri, jwksMaxAgeMs = 600_000, jwksCooldownMs = 30_000 } = options
  if ([key, keys, jwksUri].filter((each) => each !== undefined).length !== 1)
    throw optionError('jwt', 'key', typeof key, 'exactly one of "key", "keys" and "jwksUri"')
  if (options.foreignTokens === 'leave' && options.issuer === undefined)
    throw optionError('jwt', 'issuer', undefined, 'the issuer whose tokens are not foreign')
  checkTokens('jwt', options, 'jwksUri', jwksUri)
  if (options.cache) checkOptions('jwt cache', options.cache, memoryChecks)
  // Else keys would be too old before they may be fetched again.
  if (jwksMaxAgeMs < jwksCooldownMs) throw optionError('jwt', 'jwksMaxAgeMs', jwksMaxAgeMs, 'at least jwksCooldownMs')
}
