import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Whether two secrets are the same, in a time that tells nothing of where they differ (H-132). Text counts as its UTF-8.
 *
 * Digests are compared rather than the secrets themselves, since `timingSafeEqual` throws on different lengths, and a comparison of
 * lengths in front of it would tell them.
 */
export function sameSecret(given: string | Uint8Array, known: string | Uint8Array): boolean {
  return sameDigest(digestOf(given), digestOf(known))
}

/** SHA-256, its bytes as latin1: what is held of a secret, so that all are of one length. */
export function digestOf(secret: string | Uint8Array): string {
  return hash('sha256', secret, 'binary')
}

/**
 * The one function by which credentials are compared, by two of {@link digestOf}. By way of text, since Node needs three times as long to make
 * a buffer of a digest (900 against 300 ns).
 */
export function sameDigest(given: string, known: string): boolean {
  return timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(known, 'latin1'))
}
