import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JsonWebKey } from 'edgewise'

/** A key pair of an issuer's. */
export interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export const rsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const otherRsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const ec: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const ed: Pair = generateKeyPairSync('ed25519')
export const secret: string = 'a secret of thirty-two bytes, at least'

/** Seconds since 1970. */
export const seconds = (): number => Math.floor(Date.now() / 1000)

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export interface Minting {
  readonly key?: KeyObject | string | Uint8Array
  /** Fields of the header beside `alg`; a text is the header as it stands. */
  readonly header?: Readonly<Record<string, unknown>> | string
  readonly alg?: string
}

/** Signs what is given, sense or nonsense, with RS256 and the RSA key unless told otherwise. */
export function mint(claims: unknown, { key = rsa.privateKey, header = {}, alg = 'RS256' }: Minting = {}): string {
  const input = `${encode(typeof header === 'string' ? header : { alg, ...header })}.${encode(claims)}`
  return `${input}.${signature(input, alg, key)}`
}

/** A good token of a user's, for an hour. */
export function minted(claims: Readonly<Record<string, unknown>> = {}, how: Minting = {}): string {
  return mint({ sub: 'ada', exp: seconds() + 3_600, ...claims }, how)
}

export function signature(input: string, alg: string, key: KeyObject | string | Uint8Array): string {
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('HS')) return createHmac(hash, key).update(input).digest('base64url')
  const bytes = Buffer.from(input)
  const by = key as KeyObject
  if (alg.startsWith('ES')) return sign(hash, bytes, { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return sign(alg.startsWith('Ed') ? null : hash, bytes, by).toString('base64url')
}

export function pem({ publicKey }: Pair): string {
  return publicKey.export({ type: 'spki', format: 'pem' }) as string
}

export function jwk({ publicKey }: Pair, more: Readonly<Record<string, unknown>> = {}): JsonWebKey {
  return { ...(publicKey.export({ format: 'jwk' }) as JsonWebKey), ...more }
}
