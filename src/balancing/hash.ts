/** Constants of MurmurHash3_x86_32 (Appleby, public domain). */
const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/**
 * MurmurHash3_x86_32 of a string's UTF-16 code units, two to a block, low one first: what the published function gives for the
 * same text as UTF-16LE bytes. The same in every process; allocates nothing.
 *
 * @returns 32 bits as a signed number: V8 keeps one past 2³¹ on the heap.
 */
export function hash32(text: string, seed = 0): number {
  const { length } = text
  let hash = seed
  let at = 0
  for (; at + 1 < length; at += 2) {
    hash ^= scramble(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  if (at < length) hash ^= scramble(text.charCodeAt(at))
  return mix32(hash ^ (2 * length))
}

function scramble(block: number): number {
  const product = Math.imul(block, C1)
  return Math.imul((product << 15) | (product >>> 17), C2)
}

/** MurmurHash3's finalizer: every bit of the number moves every bit of the result; different numbers stay different. */
export function mix32(number: number): number {
  let hash = number
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
