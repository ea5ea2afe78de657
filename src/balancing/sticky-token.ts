import { createHash, createHmac } from 'node:crypto'

/** Of 32 bytes: RFC 2104 §5 asks for half at least. */
const BYTES = 16

/** Characters of a token: base64url, without padding. */
export const TOKEN_LENGTH: number = Math.ceil((BYTES * 4) / 3)

/**
 * What stands for an endpoint in a cookie: with secrets one token for each, else a digest of its name, which tells nothing but to
 * somebody who guesses the name.
 */
export function tokensOf(name: string, secrets: readonly string[]): readonly string[] {
  const hashes = secrets.length === 0 ? [createHash('sha256')] : secrets.map((secret) => createHmac('sha256', secret))
  return hashes.map((hash) => hash.update(name).digest().subarray(0, BYTES).toString('base64url'))
}
