import { isUtf8 } from 'node:buffer'
import { excess, type JsonLimits } from '../../http/json-limits.js'
import { type Bytes, type Check, check } from '../../options.js'
import type { Refusal } from './refusal.js'

/** How much JSON a body may hold: what every filter takes that reads it. */
export interface JsonBodyOptions {
  /** Longest body; a longer one is a 413. @default 1_048_576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
  /** Objects and arrays within each other. @default 64 */
  readonly maxDepth?: number | undefined
  /** Members of one object. @default 1_000 */
  readonly maxMembers?: number | undefined
  /** Items of one array. @default 10_000 */
  readonly maxItems?: number | undefined
  /** Characters of one string or name, as written. @default 1_048_576 */
  readonly maxStringLength?: number | undefined
  /** Whether a name may stand twice in one object: parsers differ in which of the two they take (RFC 8259 §4). @default 'refuse' */
  readonly duplicateNames?: 'refuse' | 'allow' | undefined
  /**
   * Whether a number may be one that JavaScript can't hold, as `1e400` or an integer past 2⁵³: others read another value than the one
   * that was judged here (RFC 8259 §6). @default 'allow'
   */
  readonly unsafeNumbers?: 'refuse' | 'allow' | undefined
}

const MANY = check.whole(1, 100_000_000)

/** The checks of {@link JsonBodyOptions}, for `checkOptions`. */
export const jsonLimitChecks: Readonly<Record<keyof JsonBodyOptions, Check>> = {
  maxBytes: check.whole(1, 2 ** 30),
  // Who reads JSON, and schemas, by recursion is safe up to here.
  maxDepth: check.whole(1, 1_000),
  maxMembers: MANY,
  maxItems: MANY,
  maxStringLength: MANY,
  duplicateNames: check.oneOf('refuse', 'allow'),
  unsafeNumbers: check.oneOf('refuse', 'allow'),
}

export const DEFAULT_MAX_BYTES: Bytes = 1024 * 1024

/** Fills in what is not given. */
export function jsonLimitsOf(options: JsonBodyOptions): JsonLimits {
  return {
    maxDepth: options.maxDepth ?? 64,
    maxMembers: options.maxMembers ?? 1_000,
    maxItems: options.maxItems ?? 10_000,
    maxStringLength: options.maxStringLength ?? 1024 * 1024,
    duplicateNames: options.duplicateNames ?? 'refuse',
    unsafeNumbers: options.unsafeNumbers ?? 'allow',
  }
}

/** The text of a body, or `null` if it is not UTF-8: readers repair what is not, each in its own way. */
export function textOf(body: Uint8Array): string | null {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString() : null
}

/** Reads JSON within limits. A byte order mark is not JSON (RFC 8259 §8.1). */
export function readJson(body: Uint8Array, limits: JsonLimits): { readonly value: unknown } | Refusal {
  const text = textOf(body)
  if (text === null) return { status: 400, detail: 'The body is not in UTF-8.' }
  const found = excess(text, limits)
  if (found !== null) return { status: 400, detail: `The body holds ${found}.` }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { status: 400, detail: 'The body is not JSON.' }
  }
}
