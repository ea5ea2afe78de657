import { LRUCache } from 'lru-cache'
import type { Milliseconds } from '../../options.js'
import { Sketch } from './sketch.js'

/** A key's counts in this window and in the one before it. */
interface Counts {
  window: number
  now: number
  before: number
}

/**
 * Counts what keys have done within a window that slides, in bounded memory: the last window's count fades while this one's grows, as in
 * HAProxy's `http_err_rate`.
 *
 * A table of so many keys alone could be flushed: by anybody with more addresses than that, or by the noise of as many honest clients.
 * So once it is full, a key gets no place for being new. What it does is counted in a sketch, which takes in any number of keys, and
 * only one that has come half-way to the limit there gets the place of the key that has been quiet for longest. To flush one offender takes
 * as many others as there are places, each of which is half-way to a ban itself (H-145).
 */
export class OffenceCounts {
  readonly #windowMs: Milliseconds
  readonly #gate: number
  readonly #table: LRUCache<string, Counts>
  readonly #places: number
  /** Only there once the table has been full. */
  #sketch: Sketch | null = null
  #sketched = 0

  constructor(limit: number, windowMs: Milliseconds, places: number) {
    this.#windowMs = windowMs
    this.#gate = Math.floor(limit / 2)
    this.#places = places
    this.#table = new LRUCache({ max: places })
  }

  get size(): number {
    return this.#table.size
  }

  /** Counts one more. @returns how many there are in the window, and 0 for a key that has no place. */
  add(key: string, now: number): number {
    const window = Math.floor(now / this.#windowMs)
    let counts = this.#table.get(key)
    if (counts === undefined) {
      if (this.#table.size >= this.#places && !this.#makeRoom(key, window)) return 0
      counts = { window, now: 0, before: 0 }
      this.#table.set(key, counts)
    } else if (counts.window !== window) {
      counts.before = counts.window === window - 1 ? counts.now : 0
      counts.now = 0
      counts.window = window
    }
    counts.now++
    return counts.now + counts.before * (1 - (now / this.#windowMs - window))
  }

  /** How many there are in the window. */
  peek(key: string, now: number): number {
    const counts = this.#table.peek(key)
    if (counts === undefined) return 0
    const window = Math.floor(now / this.#windowMs)
    const fading = 1 - (now / this.#windowMs - window)
    if (counts.window === window) return counts.now + counts.before * fading
    return counts.window === window - 1 ? counts.now * fading : 0
  }

  forget(key: string): void {
    this.#table.delete(key)
  }

  /** Whether a new key may have the place of the one that has been quiet for longest. */
  #makeRoom(key: string, window: number): boolean {
    const quietest = this.#table.rvalues().next().value
    // What it did has slid out of the window.
    if (quietest !== undefined && quietest.window < window - 1) return true
    this.#sketch ??= new Sketch()
    if (this.#sketched !== window) {
      this.#sketched = window
      this.#sketch.clear()
    }
    return this.#sketch.add(key) > this.#gate
  }
}
