import { excess, type JsonLimits } from '../../../http/json-limits.js'

const LIMITS: JsonLimits = {
  maxDepth: 16,
  maxMembers: 256,
  maxItems: 4_096,
  maxStringLength: 65_536,
  duplicateNames: 'refuse',
}

/** Reads a JSON object within limits; or says, to follow on "it has", what keeps it from being one. Names that stand twice are refused (H-128). */
export function readObject(text: string): Record<string, unknown> | string {
  // Before it is parsed: nesting deep enough ends a parser's stack.
  const tooMuch = excess(text, LIMITS)
  if (tooMuch !== null) return tooMuch
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'no JSON'
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : 'no object'
}
