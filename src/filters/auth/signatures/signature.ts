import type { HeaderMap } from '../../../http/header-map.js'
import { fieldValue } from '../../../http/header-map.js'
import { componentValue, nameOf, type StructuredTypes } from './component.js'
import { readDictionary } from './read-structured.js'
import type { SignedMessage } from './signed-message.js'
import { type Item, type Member, type Parameters, writeItem, writeMember } from './structured-field.js'

/** One signature of a request, as it says of itself. */
export interface Signature {
  readonly label: string
  /** What it covers, by identifier as it is written: `"@method"`, `"@query-param";name="id"`. */
  readonly components: ReadonlyMap<string, Item>
  readonly params: Parameters
  /** The value of `@signature-params`. */
  readonly written: string
  readonly bytes: Uint8Array
}

/** Far past any that is meant; bounds what reading one can cost. */
const LONGEST = 8 * 1024
const MOST_SIGNATURES = 8
const MOST_COMPONENTS = 64

/**
 * Reads Signature-Input and Signature (RFC 9421 §4): `null` where there is neither; a text says why they can't be taken for signatures.
 */
export function readSignatures(headers: HeaderMap): readonly Signature[] | string | null {
  const input = fieldValue(headers, 'signature-input')
  const values = fieldValue(headers, 'signature')
  if (input === undefined && values === undefined) return null
  if (input === undefined || values === undefined) return 'one of Signature-Input and Signature is missing'
  if (input.length > LONGEST || values.length > LONGEST)
    return `Signature-Input or Signature is longer than ${LONGEST} bytes`
  const inputs = readDictionary(input)
  const signatures = readDictionary(values)
  if (inputs === null || signatures === null) return 'Signature-Input or Signature is malformed'
  if (inputs.size > MOST_SIGNATURES) return `there are more than ${MOST_SIGNATURES} signatures`
  const found: Signature[] = []
  for (const [label, member] of inputs) {
    const signature = readSignature(label, member, signatures.get(label))
    if (signature === null) return 'Signature-Input or Signature is malformed'
    found.push(signature)
  }
  return found
}

function readSignature(label: string, input: Member, value: Member | undefined): Signature | null {
  if ('bare' in input || value === undefined || !('bare' in value) || value.bare.type !== 'bytes') return null
  if (input.items.length > MOST_COMPONENTS) return null
  const components = new Map<string, Item>()
  for (const item of input.items) {
    const identifier = writeItem(item)
    // An identifier must not occur twice (§2.5).
    if (nameOf(item) === null || components.has(identifier)) return null
    components.set(identifier, item)
  }
  return { label, components, params: input.params, written: writeMember(input), bytes: value.bare.value }
}

/** The bytes that were signed (§2.5); the identifier of the first component that the request does not have as a text. */
export function signatureBase(signature: Signature, message: SignedMessage, types: StructuredTypes): Buffer | string {
  let base = ''
  for (const [identifier, item] of signature.components) {
    const value = componentValue(message, nameOf(item)!, item.params, types)
    if (value === null) return identifier
    base += `${identifier}: ${value}\n`
  }
  // Node's strings of fields hold a byte a character.
  return Buffer.from(`${base}"@signature-params": ${signature.written}`, 'latin1')
}
