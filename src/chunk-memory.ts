/** Smaller chunks are left to the collector: giving one back costs more than it saves. */
export const WORTH_RELEASING: number = 16 * 1024

/**
 * Gives the memory of a chunk back at once, whole, so that it is empty for whoever still holds it. To be called by the one who made its
 * memory, and knows that nobody does: {@link BodySource.spent}.
 *
 * V8 learns of memory outside its heap by the collector only, and lets 64 MiB of it gather before it marks everything it has. A proxy
 * that relays 600 MB/s makes it do so ten times a second, which took 40 % of its CPU time; the allocator also hands out memory again
 * that is still in the cache.
 */
export function release(chunk: Uint8Array): void {
  if (chunk.byteLength >= WORTH_RELEASING) (chunk.buffer as ArrayBuffer).transfer(0)
}
