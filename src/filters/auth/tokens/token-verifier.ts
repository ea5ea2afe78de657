import type { Milliseconds } from '../../../options.js'
import type { AllowedAlgorithms } from './algorithms.js'
import type { Claims } from './claims-mapping.js'
import type { KeySource } from './key-source.js'
import { readToken } from './token-text.js'
import type { VerificationKey } from './verification-key.js'

type Jose = typeof import('jose')

/** A good token. */
export interface Verified {
  readonly claims: Claims
  readonly key: VerificationKey
  /** Milliseconds since 1970 between which it stays good, as far as it says so itself. */
  readonly from: Milliseconds
  readonly until: Milliseconds
}

/** What a token must say. */
export interface TokenRules {
  readonly issuer: readonly string[] | undefined
  readonly audience: readonly string[] | undefined
  readonly typ: string | undefined
  readonly requiredClaims: readonly string[]
  readonly clockToleranceMs: Milliseconds
  readonly maxTokenAgeMs: Milliseconds | undefined
  readonly maxTokenLength: number
  readonly now: () => Milliseconds
}

/** Seconds that a `Date` can hold. A date past them is none: `1e308` would never come (H-125). */
const LAST_DATE = 8_640_000_000_000

/** Verifies tokens: what they must look like here, signatures and registered claims with `jose`. */
export class TokenVerifier {
  readonly #jose: Jose
  readonly #source: KeySource
  readonly #allowed: AllowedAlgorithms
  readonly #rules: TokenRules

  constructor(jose: Jose, source: KeySource, allowed: AllowedAlgorithms, rules: TokenRules) {
    this.#jose = jose
    this.#source = source
    this.#allowed = allowed
    this.#rules = rules
  }

  /**
   * A good token's claims; or why it is not, without a promise where its text alone tells. Rejects with `ERR_EDGE_AUTH_SOURCE` while no
   * keys are to be had.
   */
  verify(token: string): string | Promise<Verified | string> {
    const read = readToken(token, this.#rules.maxTokenLength)
    if (typeof read === 'string') return read
    const { algorithm, kid } = read
    if (!this.#allowed.names.has(algorithm)) return 'its algorithm is not allowed'
    const keys = this.#source.find(algorithm, kid)
    return keys instanceof Promise
      ? keys.then((found) => this.#verifyWith(found, token, algorithm))
      : this.#verifyWith(keys, token, algorithm)
  }

  /** Why a token is not good where its text alone tells, or what would verify it; `undefined` where keys would have to be fetched. */
  foresee(token: string): string | (() => Promise<Verified | string>) | undefined {
    const read = readToken(token, this.#rules.maxTokenLength)
    if (typeof read === 'string') return read
    const { algorithm, kid } = read
    if (!this.#allowed.names.has(algorithm)) return 'its algorithm is not allowed'
    const keys = this.#source.peek(algorithm, kid)
    return keys && (() => this.#verifyWith(keys, token, algorithm))
  }

  async #verifyWith(keys: readonly VerificationKey[], token: string, algorithm: string): Promise<Verified | string> {
    let why = 'no key for it is known'
    for (const key of keys) {
      try {
        const { payload } = await this.#jose.jwtVerify(token, key.key, this.#optionsFor(algorithm))
        return this.#dated(payload, key)
      } catch (error) {
        why = this.#explain(error)
        if (!(error instanceof this.#jose.errors.JWSSignatureVerificationFailed)) return why
      }
    }
    return why
  }

  #optionsFor(algorithm: string): import('jose').JWTVerifyOptions {
    const { issuer, audience, typ, requiredClaims, clockToleranceMs, maxTokenAgeMs, now } = this.#rules
    return {
      algorithms: [algorithm],
      requiredClaims: [...requiredClaims],
      clockTolerance: clockToleranceMs / 1000,
      currentDate: new Date(now()),
      ...(issuer === undefined ? {} : { issuer: [...issuer] }),
      ...(audience === undefined ? {} : { audience: [...audience] }),
      ...(typ === undefined ? {} : { typ }),
      ...(maxTokenAgeMs === undefined ? {} : { maxTokenAge: maxTokenAgeMs / 1000 }),
    }
  }

  #dated(claims: import('jose').JWTPayload, key: VerificationKey): Verified | string {
    const { exp = Infinity, nbf = -Infinity, iat = -Infinity } = claims
    for (const date of [claims.exp, claims.nbf, claims.iat])
      if (date !== undefined && !(Math.abs(date) <= LAST_DATE)) return 'one of its dates is none'
    const { clockToleranceMs, maxTokenAgeMs } = this.#rules
    const aged = maxTokenAgeMs === undefined ? Infinity : iat * 1000 + maxTokenAgeMs
    return {
      claims,
      key,
      from: nbf * 1000 - clockToleranceMs,
      until: Math.min(exp * 1000, aged) + clockToleranceMs,
    }
  }

  /** Names of claims are the rules', never the token's. */
  #explain(error: unknown): string {
    const { JWSSignatureVerificationFailed, JWTClaimValidationFailed, JWTExpired } = this.#jose.errors
    if (error instanceof JWSSignatureVerificationFailed) return 'no known key has signed it'
    if (error instanceof JWTExpired) return `it has expired (${error.claim})`
    if (error instanceof JWTClaimValidationFailed) return `${error.claim}: ${error.reason.replace('_', ' ')}`
    return 'it cannot be verified'
  }
}
