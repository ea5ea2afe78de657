import type { Exchange } from '../../../exchange.js'
import type { Milliseconds } from '../../../options.js'
import type { Signature } from './signature.js'
import type { BareItem } from './structured-field.js'

/** What a signature must say of itself to be looked at. */
export interface SignaturePolicy {
  /** Identifiers as they are written: `"@method"`. */
  readonly required: readonly string[]
  readonly maxAgeMs: Milliseconds
  readonly clockSkewMs: Milliseconds
  readonly wantsNonce: boolean
}

/** What a signature says of itself that its policy has found good. */
export interface Claims {
  readonly keyid: string
  readonly algorithm: string | null
  readonly nonce: string | null
  /** From when on nobody takes it any more. */
  readonly goodUntil: Milliseconds
}

const TARGET_URI = '"@target-uri"'
const CONTENT_DIGEST = '"content-digest"'
/** What says together as much as `@target-uri`, but for the scheme. */
const PARTS = ['"@authority"', '"@path"', '"@query"']

/** Why a signature is not to be taken, or what it claims. */
export function readClaims(
  signature: Signature,
  exchange: Exchange,
  policy: SignaturePolicy,
  now: Milliseconds,
): Claims | string {
  const { params, components } = signature
  const keyid = textOf(params.get('keyid'))
  const algorithm = textOf(params.get('alg'))
  const nonce = textOf(params.get('nonce'))
  const created = secondsOf(params.get('created'))
  const expires = secondsOf(params.get('expires'))
  if (typeof created !== 'number') return 'the signature says no created, or a malformed one'
  if ([keyid, algorithm, nonce, expires].includes(MALFORMED)) return 'a parameter of the signature is malformed'
  if (typeof keyid !== 'string') return 'the signature names no keyid'
  if (policy.wantsNonce && nonce === null) return 'the signature has no nonce'
  const oldest = created + policy.maxAgeMs
  const goodUntil = (typeof expires === 'number' ? Math.min(oldest, expires) : oldest) + policy.clockSkewMs
  if (created > now + policy.clockSkewMs) return 'the signature is of the future'
  if (now >= goodUntil) return 'the signature is too old'
  const missing = policy.required.find((each) => !covers(components, each, exchange))
  if (missing !== undefined) return `the signature does not cover ${missing}`
  return { keyid, algorithm: algorithm as string | null, nonce: nonce as string | null, goodUntil }
}

function covers(components: Signature['components'], wanted: string, { body }: Exchange): boolean {
  if (components.has(wanted)) return true
  if (wanted === TARGET_URI) return PARTS.every((part) => components.has(part))
  return wanted === CONTENT_DIGEST && body.kind === 'empty'
}

const MALFORMED = Symbol('malformed')

function textOf(item: BareItem | undefined): string | null | typeof MALFORMED {
  if (item === undefined) return null
  return item.type === 'string' ? item.value : MALFORMED
}

function secondsOf(item: BareItem | undefined): Milliseconds | null | typeof MALFORMED {
  if (item === undefined) return null
  return item.type === 'integer' ? item.value * 1000 : MALFORMED
}
