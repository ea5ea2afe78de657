// What client and upstream agree on: the 90-byte JSON, and large bodies whose every byte follows from its offset,
// so that either side can check pieces as they pass without keeping them.

export const SMALL_BODY = '{"id":42,"name":"Edgewise","tags":["proxy","gateway"],"price":19.9,"stock":128,"sold":711}'
export const LARGE_BYTES = 10_000_000
export const MEDIUM_BYTES = 100_000

/** What the upstream says of replies that are for a cache, by path. */
export const CACHE_FIELDS = {
  '/api/items/kept': { 'Cache-Control': 'public, max-age=3600' },
  '/api/items/varied': { 'Cache-Control': 'public, max-age=3600', Vary: 'Accept-Encoding, Accept-Language' },
  '/api/items/unkept': { 'Cache-Control': 'no-store' },
  // Stale when it comes: asked for and stored again with each request.
  '/api/items/stale': { 'Cache-Control': 'public, max-age=60', Age: '60' },
}

const PERIOD = 251 // a prime, so that a piece shifted or repeated by any buffer size is noticed
const PIECE = 65_536

if (Buffer.byteLength(SMALL_BODY) !== 90) throw new Error('the small body must have 90 bytes')

const pattern = Buffer.alloc(PIECE + PERIOD)
for (let i = 0; i < pattern.length; i++) pattern[i] = i % PERIOD

/**
 * Up to 64 KiB of the large body from an offset on; a view, never to be written to.
 * @param {number} offset
 * @param {number} total
 */
export function pieceAt(offset, total) {
  const start = offset % PERIOD
  return pattern.subarray(start, start + Math.min(PIECE, total - offset))
}

/**
 * A large body as a whole.
 * @param {number} total
 */
export function wholeBody(total) {
  const pieces = []
  for (let at = 0; at < total; ) {
    const piece = pieceAt(at, total)
    pieces.push(piece)
    at += piece.length
  }
  return Buffer.concat(pieces)
}

/**
 * Checks the first and last byte of a piece: cheap, yet it catches loss, repetition and reordering.
 * @param {Uint8Array} bytes
 * @param {number} offset where in the body the piece lies
 * @param {number} [from] where in `bytes` the piece starts
 * @param {number} [to] where it ends
 */
export function fits(bytes, offset, from = 0, to = bytes.length) {
  return to <= from || (bytes[from] === offset % PERIOD && bytes[to - 1] === (offset + to - from - 1) % PERIOD)
}
