import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Whether two secrets are the same, in a time that tells nothing of where they differ: the one function by which credentials are
 * compared (H-132). Text counts as its UTF-8.
 *
 * Digests are compared rather than the secrets themselves, since `timingSafeEqual` throws on different lengths, and a comparison of
 * lengths in front of it would tell them.
 */
export function sameSecret(given: string | Uint8Array, known: string | Uint8Array): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', known, 'buffer'))
}
