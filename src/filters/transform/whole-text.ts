import type { Body } from '../../body.js'
import { bytes } from '../../body-tools.js'
import type { Bytes } from '../../options.js'
import { type DecodeLimits, decoded } from '../decompress/decoded.js'
import type { Decoder } from '../decompress/decoders.js'
import { Unreadable } from './body-change.js'

/** As `decompress()` by default. */
const MAX_RATIO = 200
/** What flows may be of any length, but is no bomb. */
export const FLOW_LIMITS: DecodeLimits = { maxBytes: Number.MAX_SAFE_INTEGER, maxRatio: MAX_RATIO }

/** Drops a byte order mark, as RFC 8259 §8.1 lets a reader do. */
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * All of a body as text.
 *
 * @throws {@link EdgeError} for one that is too long (413, 502) or not in its coding (400, 502); {@link Unreadable} for what is not UTF-8.
 */
export async function wholeText(
  body: Body,
  decoders: readonly Decoder[],
  maxBytes: Bytes,
  whose: 'request' | 'reply',
): Promise<string> {
  const plain = decoded(body, decoders, { maxBytes, maxRatio: MAX_RATIO }, whose) ?? body
  return utf8Text(await bytes(plain, maxBytes, whose))
}

/** @throws {@link Unreadable} for what is not UTF-8. */
export function utf8Text(whole: Uint8Array): string {
  try {
    return UTF8.decode(whole)
  } catch {
    throw new Unreadable('the body is not UTF-8')
  }
}
