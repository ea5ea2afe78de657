import { hash } from 'node:crypto'

/** Longer keys are kept as their hash, so that what a key may cost is known. */
const LONGEST = 128

/** A key of at most 128 characters that stands for one of any length. */
export function boundedKey(key: string): string {
  return key.length <= LONGEST ? key : `sha256:${hash('sha256', key, 'base64url')}`
}
