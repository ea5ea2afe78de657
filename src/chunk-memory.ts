import type { Bytes } from './options.js'

/** Smaller chunks are left to the collector: giving one back costs more than it saves. */
export const WORTH_RELEASING: Bytes = 16 * 1024
/** What is read at once where nothing speaks for more. */
export const USUAL_CHUNK: Bytes = 64 * 1024
/** What is read at once where as much is there: most of what a byte costs is around each read and write. */
export const LARGEST_CHUNK: Bytes = 512 * 1024

/** What larger ones than usual may be on their way at once, in all: slow clients hold no more of them than this. */
const MOST_LARGE: Bytes = 8 * 1024 * 1024
/** How much of each size is kept for the next chunks. */
const MOST_KEPT: Bytes = 2 * 1024 * 1024

/** Memory that nobody has, by its size. */
const spare = new Map<Bytes, ArrayBuffer[]>()
for (let size = USUAL_CHUNK; size <= LARGEST_CHUNK; size *= 2) spare.set(size, [])

let large: Bytes = 0
/** Those that a filter has taken are never given back. */
const collected = new FinalizationRegistry<Bytes>((size) => {
  large -= size
})

/**
 * Memory to read a chunk into, which is to be given to {@link release}; the usual size where too many larger ones are on their way. What stands
 * in it is anybody's.
 */
export function chunkOf(size: Bytes): Buffer {
  if (size > USUAL_CHUNK && large + size > MOST_LARGE) return chunkOf(USUAL_CHUNK)
  const memory = spare.get(size)?.pop()
  const chunk = memory === undefined ? Buffer.allocUnsafeSlow(size) : Buffer.from(memory)
  if (size > USUAL_CHUNK) {
    large += size
    collected.register(chunk.buffer, size, chunk.buffer)
  }
  return chunk
}

/**
 * Gives the memory of a chunk back at once, whole, so that it is empty for whoever still holds it. To be called by the one who made its
 * memory, and knows that nobody does: {@link BodySource.spent}.
 *
 * V8 learns of memory outside its heap by the collector only, and lets 64 MiB of it gather before it marks everything it has. A proxy
 * that relays 600 MB/s makes it do so ten times a second, which took 40 % of its CPU time; and memory that is used again is still in the
 * cache.
 */
export function release(chunk: Uint8Array): void {
  if (chunk.byteLength < WORTH_RELEASING) return
  const { buffer } = chunk as Uint8Array<ArrayBuffer>
  const size = buffer.byteLength
  if (size > USUAL_CHUNK && collected.unregister(buffer)) large -= size
  const kept = spare.get(size)
  if (kept === undefined || (kept.length + 1) * size > MOST_KEPT) buffer.transfer(0)
  // Moved, not copied: whoever still has the chunk has nothing of what comes next.
  else kept.push(buffer.transfer())
}
