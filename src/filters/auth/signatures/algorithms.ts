import { constants, createHmac, createPublicKey, createSecretKey, KeyObject, verify } from 'node:crypto'
import { optionError } from '../../../options.js'
import { sameSecret } from '../same-secret.js'

/** Names of the registry (RFC 9421 §6.2.2). */
export type SignatureAlgorithm =
  | 'hmac-sha256'
  | 'ed25519'
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'rsa-pss-sha512'
  | 'rsa-v1_5-sha256'

/** Whether a signature over these bytes is good. */
export type Verify = (base: Buffer, signature: Uint8Array) => boolean

interface Asymmetric {
  /** What a key must be. */
  readonly fits: (key: KeyObject) => boolean
  readonly wants: string
  readonly verify: (key: KeyObject) => Verify
}

/** As long as the digest (RFC 2104 §3). */
const LEAST_SECRET = 32
/** NIST SP 800-131A. */
const LEAST_MODULUS = 2048

function ecdsa(curve: string, hash: string, wants: string): Asymmetric {
  return {
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve,
    wants,
    verify: (key) => (base, signature) => verify(hash, base, { key, dsaEncoding: 'ieee-p1363' }, signature),
  }
}

const isRsa = (key: KeyObject): boolean => (key.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_MODULUS

const ASYMMETRIC: Readonly<Record<Exclude<SignatureAlgorithm, 'hmac-sha256'>, Asymmetric>> = {
  ed25519: {
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    wants: 'a public Ed25519 key',
    verify: (key) => (base, signature) => verify(null, base, key, signature),
  },
  'ecdsa-p256-sha256': ecdsa('prime256v1', 'sha256', 'a public key on P-256'),
  'ecdsa-p384-sha384': ecdsa('secp384r1', 'sha384', 'a public key on P-384'),
  'rsa-pss-sha512': {
    fits: (key) => (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss') && isRsa(key),
    wants: `a public RSA key of ${LEAST_MODULUS} bits or more`,
    verify: (key) => {
      // Signers that leave the length of the salt to OpenSSL make a longer one than the 64 bytes of RFC 9421 §3.3.1; each is as good.
      const how = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
      return (base, signature) => verify('sha512', base, how, signature)
    },
  },
  'rsa-v1_5-sha256': {
    fits: (key) => key.asymmetricKeyType === 'rsa' && isRsa(key),
    wants: `a public RSA key of ${LEAST_MODULUS} bits or more`,
    verify: (key) => (base, signature) => verify('sha256', base, key, signature),
  },
}

export const ALGORITHMS: readonly string[] = ['hmac-sha256', ...Object.keys(ASYMMETRIC)]

/**
 * Binds a key to its one algorithm, so that a public key can never be taken for an HMAC's secret.
 *
 * @param option What to call it in an error, which never shows the key.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a key of another kind, or one that is too short.
 */
export function compileKey(
  factory: string,
  option: string,
  algorithm: SignatureAlgorithm,
  key: string | Uint8Array | KeyObject,
): Verify {
  if (algorithm === 'hmac-sha256') return compileSecret(factory, option, key)
  const { fits, wants, verify: bind } = ASYMMETRIC[algorithm]
  const allowed = `${wants}, as PEM or a KeyObject`
  const known = key instanceof KeyObject ? key : typeof key === 'string' ? publicKeyOf(key) : null
  if (known?.type !== 'public' || !fits(known)) throw optionError(factory, option, 'another key', allowed)
  return bind(known)
}

function compileSecret(factory: string, option: string, key: string | Uint8Array | KeyObject): Verify {
  const secret = key instanceof KeyObject ? key : toSecret(key)
  if (secret?.type !== 'secret' || (secret.symmetricKeySize ?? 0) < LEAST_SECRET)
    throw optionError(factory, option, 'another key', `a secret of ${LEAST_SECRET} bytes or more, which is no PEM`)
  return (base, signature) => sameSecret(createHmac('sha256', secret).update(base).digest(), signature)
}

/** A public key that somebody means to verify by must not become a secret that everybody knows. */
function toSecret(key: string | Uint8Array): KeyObject | null {
  const bytes = Buffer.from(key)
  return bytes.includes('-----BEGIN') ? null : createSecretKey(bytes)
}

function publicKeyOf(pem: string): KeyObject | null {
  try {
    // What holds a private key belongs to the signer.
    return pem.includes('PRIVATE KEY') ? null : createPublicKey(pem)
  } catch {
    return null
  }
}
