import type { KeyObject } from 'node:crypto'
import { optionError } from '../../../options.js'

/** Signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864). There is no `none` among them (H-121). */
export type JwtAlgorithm = `${'RS' | 'PS' | 'ES' | 'HS'}${256 | 384 | 512}` | 'EdDSA' | 'Ed25519'

const ASYMMETRIC: readonly JwtAlgorithm[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
]
const SYMMETRIC: readonly JwtAlgorithm[] = ['HS256', 'HS384', 'HS512']

const CURVES: Readonly<Record<string, JwtAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** Those that are allowed, all of one kind: a public key must never be taken for a secret (H-122). */
export interface AllowedAlgorithms {
  readonly names: ReadonlySet<string>
  readonly symmetric: boolean
}

/**
 * @param algorithms Absent, all that work with public keys: each is bound to its type of key, so that a token can't choose.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function allowAlgorithms(factory: string, algorithms: readonly string[] = ASYMMETRIC): AllowedAlgorithms {
  const names = new Set(algorithms)
  const isIn = (list: readonly string[], name: string): boolean => list.includes(name)
  const symmetric = algorithms.every((name) => isIn(SYMMETRIC, name))
  if (names.size === 0 || !(symmetric || algorithms.every((name) => isIn(ASYMMETRIC, name))))
    throw optionError(
      factory,
      'algorithms',
      algorithms.join(', '),
      `some of ${ASYMMETRIC.join(', ')}; or of ${SYMMETRIC.join(', ')}; never of both`,
    )
  return { names, symmetric }
}

/**
 * What a key can have signed, by its type, curve and size. RSA below 2048 bits can none (RFC 7518 §3.3), nor a secret that is shorter
 * than the hash (§3.2).
 */
export function algorithmsOf(key: KeyObject): readonly JwtAlgorithm[] {
  if (key.type === 'secret') {
    const bits = (key.symmetricKeySize ?? 0) * 8
    return SYMMETRIC.filter((name) => Number(name.slice(2)) <= bits)
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = '' } = {} } = key
  if (type === 'ed25519') return ['EdDSA', 'Ed25519']
  if (type === 'ec') return Object.hasOwn(CURVES, namedCurve) ? [CURVES[namedCurve]!] : []
  return type === 'rsa' && modulusLength >= 2048 ? ASYMMETRIC.filter((name) => /^[RP]S/.test(name)) : []
}
