import { createHash } from 'node:crypto'
import { seededRandom } from './clock.js'

const BLOCK = 64 * 1024

/** Yields `count` bytes, the same for the same seed, in blocks of 64 KiB that all differ, so that loss and disorder show. */
export function* pseudoRandom(count: number, seed = 1): Generator<Buffer, void, undefined> {
  const random = seededRandom(seed)
  const pattern = Buffer.alloc(BLOCK)
  for (let at = 0; at < BLOCK; at += 4) pattern.writeUInt32LE(random() * 2 ** 32, at)
  for (let block = 0; block * BLOCK < count; block += 1) {
    const bytes = Buffer.from(pattern)
    bytes.writeUInt32LE((pattern.readUInt32LE(0) ^ block) >>> 0, 0)
    yield bytes.subarray(0, Math.min(BLOCK, count - block * BLOCK))
  }
}

/** Hashes bytes, or a stream of them, to lower-case hex. */
export async function sha256(source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  if (source instanceof Uint8Array) hash.update(source)
  else for await (const piece of source) hash.update(piece)
  return hash.digest('hex')
}
