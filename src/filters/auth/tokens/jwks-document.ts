import { excess, type JsonLimits } from '../../../http/json-limits.js'
import type { AllowedAlgorithms } from './algorithms.js'
import { importKey, type VerificationKey } from './verification-key.js'

const LIMITS: Omit<JsonLimits, 'maxItems'> = {
  maxDepth: 8,
  maxMembers: 64,
  maxStringLength: 65_536,
  duplicateNames: 'refuse',
}

/**
 * Keys of a fetched JWK set, by their JSON, so that one that is still there is known again. Keys for other purposes or of kinds that are not allowed, and
 * private ones, are passed over (RFC 7517 §5).
 *
 * @throws Error in words, if it is none, or has not one usable key.
 */
export function readJwks(
  text: string,
  allowed: AllowedAlgorithms,
  maxKeys: number,
): ReadonlyMap<string, VerificationKey> {
  const tooMuch = excess(text, { ...LIMITS, maxItems: maxKeys })
  if (tooMuch !== null) throw new Error(`the answer is no JWK set: ${tooMuch}`)
  const keys = keysIn(text)
  if (!Array.isArray(keys)) throw new Error('the answer is no JWK set')
  const usable = new Map<string, VerificationKey>()
  for (const jwk of keys as readonly unknown[]) {
    const key = importKey(jwk, allowed)
    if (typeof key !== 'string') usable.set(JSON.stringify(jwk), key)
  }
  if (usable.size === 0) throw new Error(`none of its ${keys.length} keys is usable`)
  return usable
}

function keysIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly keys?: unknown } | null)?.keys
  } catch {
    return undefined
  }
}
