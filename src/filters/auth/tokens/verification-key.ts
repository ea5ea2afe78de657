import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto'
import { type AllowedAlgorithms, algorithmsOf } from './algorithms.js'

/** A key as JSON (RFC 7517). */
export interface JsonWebKey {
  /** Needed; optional by type, as in jose's `JWK`. */
  readonly kty?: string | undefined
  readonly kid?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly alg?: string | undefined
  readonly [member: string]: unknown
}

/** A public key as PEM text (SPKI, PKCS #1, or a certificate), a key of `node:crypto`, a JWK; or a secret, as text or bytes. */
export type KeyMaterial = string | Uint8Array | KeyObject | JsonWebKey

/** A key that tokens are verified with. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly key: KeyObject
  /** What it may have signed: fits its type, is allowed, and is what the JWK's `alg` says, if it has one. */
  readonly algorithms: ReadonlySet<string>
  /** Moment, on the clock of its source, until which it holds: in the past once it has left its set. */
  usableUntil: number
}

/**
 * Makes a verification key; or says why it can be none.
 *
 * @param allowed Binds the key: texts and `oct` are secrets only if these are symmetric, and nothing else is then.
 */
export function importKey(material: unknown, allowed: AllowedAlgorithms): VerificationKey | string {
  let key: KeyObject | string
  try {
    key = allowed.symmetric ? secretOf(material) : publicOf(material)
  } catch {
    return 'it cannot be read as a key'
  }
  if (typeof key === 'string') return key
  const jwk = isJwk(material) ? material : null
  const algorithms = algorithmsOf(key).filter(
    (name) => allowed.names.has(name) && (jwk?.alg === undefined || jwk.alg === name),
  )
  if (algorithms.length === 0) return 'no allowed algorithm fits its type and size'
  return {
    kid: typeof jwk?.kid === 'string' ? jwk.kid : undefined,
    key,
    algorithms: new Set(algorithms),
    usableUntil: Infinity,
  }
}

function secretOf(material: unknown): KeyObject | string {
  if (isJwk(material)) {
    if (material.kty !== 'oct' || typeof material['k'] !== 'string') return 'it is no secret'
    return purposeOf(material) ?? createSecretKey(material['k'], 'base64url')
  }
  if (material instanceof KeyObject) return material.type === 'secret' ? material : 'it is no secret'
  // Whoever knows a public key could sign with it (CVE-2015-9235 and its many followers).
  if (/-----BEGIN|^\s*ssh-/.test(textOf(material))) return 'a public key is no secret'
  return typeof material === 'string' ? createSecretKey(material, 'utf8') : createSecretKey(material as Uint8Array)
}

function publicOf(material: unknown): KeyObject | string {
  if (isJwk(material)) {
    if (material.kty === 'oct') return 'a secret needs symmetric algorithms'
    if (material['d'] !== undefined) return 'it is a private key: verifying needs the public one'
    return purposeOf(material) ?? createPublicKey({ key: material, format: 'jwk' })
  }
  if (material instanceof KeyObject) return material.type === 'public' ? material : 'it is no public key'
  const text = textOf(material)
  if (/PRIVATE KEY/.test(text)) return 'it is a private key: verifying needs the public one'
  return text.includes('-----BEGIN') ? createPublicKey(text) : 'a secret needs symmetric algorithms'
}

/** RFC 7517 §4.2, §4.3: a key that is for something else. */
function purposeOf({ use, key_ops: operations }: JsonWebKey): string | null {
  const forThis = operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
  return (use === undefined || use === 'sig') && forThis ? null : 'it is not for signatures'
}

function textOf(material: unknown): string {
  return material instanceof Uint8Array ? Buffer.from(material).toString('latin1') : String(material)
}

function isJwk(material: unknown): material is JsonWebKey & { readonly kty: string } {
  return typeof material === 'object' && material !== null && typeof (material as JsonWebKey).kty === 'string'
}
