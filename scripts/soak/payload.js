// Bodies that tell whose they are: their bytes follow from their request's id and size.

import { createHash } from 'node:crypto'
import { seededRandom } from '../../dist/testing/index.js'

const BLOCK = 256 * 1024
const random = seededRandom(7)
// Twice the block, so that a piece from anywhere in it is one slice.
const block = Buffer.alloc(2 * BLOCK)
for (let at = 0; at < BLOCK; at += 4) block.writeUInt32LE(random() * 2 ** 32, at)
block.copy(block, BLOCK, 0, BLOCK)

/** @param {string} id @param {number} size @param {number} [piece] bytes in a chunk */
export function* payload(id, size, piece = 64 * 1024) {
  let at = createHash('sha1').update(id).digest().readUInt32LE(0) % BLOCK
  for (let left = size; left > 0; ) {
    const count = Math.min(left, piece, BLOCK)
    yield block.subarray(at, at + count)
    at = (at + count) % BLOCK
    left -= count
  }
}

export function fingerprint(id, size) {
  const hash = createHash('sha1')
  for (const piece of payload(id, size, BLOCK)) hash.update(piece)
  return hash.digest('hex')
}
