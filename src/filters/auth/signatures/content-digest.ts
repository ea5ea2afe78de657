import { hash } from 'node:crypto'
import { readDictionary } from './read-structured.js'

/** What RFC 9530 §5 calls active; `md5`, `sha` and checksums are insecure, and count for nothing. */
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' }

/** Why a Content-Digest (RFC 9530 §2) does not vouch for these bytes; `null` if it does. All that can be checked must be right. */
export function digestFault(field: string, bytes: Uint8Array): string | null {
  const digests = readDictionary(field)
  if (digests === null) return 'the Content-Digest is malformed'
  let checked = 0
  for (const [name, algorithm] of Object.entries(HASHES)) {
    const member = digests.get(name)
    if (member === undefined) continue
    if (!('bare' in member) || member.bare.type !== 'bytes') return 'the Content-Digest is malformed'
    if (!hash(algorithm, bytes, 'buffer').equals(member.bare.value))
      return 'the body is not what the Content-Digest says'
    checked++
  }
  return checked === 0 ? 'the Content-Digest has neither sha-256 nor sha-512' : null
}
