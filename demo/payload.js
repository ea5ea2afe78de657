// Bytes that look random and are the same each time, and what to recognise them by.
import { createCipheriv, createHash } from 'node:crypto'

const CHUNK = Buffer.alloc(64 * 1024)

/** @param {number} size */
export function* payload(size) {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  for (let left = size; left > 0; left -= CHUNK.length) yield stream.update(CHUNK.subarray(0, left))
}

/** @param {Iterable<Uint8Array> | AsyncIterable<Uint8Array>} chunks */
export async function fingerprint(chunks) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}
