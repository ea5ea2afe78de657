import { optionError } from '../../../options.js'
import type { AllowedAlgorithms } from './algorithms.js'
import { KeySet } from './key-set.js'
import { importKey, type JsonWebKey, type KeyMaterial, type VerificationKey } from './verification-key.js'

/** Where verification keys come from. */
export interface KeySource {
  /** Moment on the clock that {@link VerificationKey.usableUntil} counts on. */
  now(): number
  /** Keys that can have signed a token: at once if they are known. Rejects with `ERR_EDGE_AUTH_SOURCE` while no keys are to be had. */
  find(algorithm: string, kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /** The same without fetching any; `undefined` where that would be needed. */
  peek(algorithm: string, kid: string | undefined): readonly VerificationKey[] | undefined
  start(): void
  close(): void
}

/** A JWK set (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[]
}

/**
 * Keys that are given once and for all. Of a JWK set, keys for other purposes are passed over, as RFC 7517 §5 says; one that is given by
 * itself must fit.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function givenKeys(
  factory: string,
  option: 'key' | 'keys',
  given: KeyMaterial | readonly KeyMaterial[] | JsonWebKeySet,
  allowed: AllowedAlgorithms,
): KeySource {
  const isSet = option === 'keys' && !Array.isArray(given)
  const materials: readonly unknown[] = isSet ? (given as JsonWebKeySet).keys : [given].flat()
  const imported = materials.map((each) => importKey(each, allowed))
  const keys = imported.filter((each) => typeof each !== 'string')
  const wrong = imported.find((each) => typeof each === 'string')
  if (keys.length === 0 || (wrong !== undefined && !isSet))
    throw optionError(factory, option, `not usable: ${wrong ?? 'there is no key'}`, 'keys that fit the algorithms')
  const set = new KeySet(keys)
  const find: KeySource['peek'] & KeySource['find'] = (algorithm, kid) => set.find(algorithm, kid)
  return { now: () => 0, find, peek: find, start: () => {}, close: () => {} }
}
