/** How long after one telling the next is due. */
const PAUSE_MS = 1_000

/** Lets what every request might tell be told once a second. */
export class Sparing {
  #toldAt = Number.NEGATIVE_INFINITY

  /** Whether to tell now; if so, not again for a while. */
  due(): boolean {
    const now = performance.now()
    if (now - this.#toldAt < PAUSE_MS) return false
    this.#toldAt = now
    return true
  }
}
