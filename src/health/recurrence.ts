import type { Milliseconds } from '../options.js'

/**
 * How often in a row something has happened again: what ejection times and rise counts grow by. One is forgotten for every quiet
 * period (Envoy's `eject_time_backoff`), so that an old incident does not make a new one worse.
 */
export class Recurrence {
  #count = 0
  #quietSince: Milliseconds | null = null

  get count(): number {
    return this.#count
  }

  /** It has happened again. Returns how often by now, less what `quietMs` each have let be forgotten. */
  again(now: Milliseconds, quietMs: Milliseconds): number {
    if (this.#quietSince !== null) {
      this.#count = Math.max(0, this.#count - Math.floor((now - this.#quietSince) / quietMs))
      this.#quietSince = null
    }
    return ++this.#count
  }

  /** It is over: forgetting begins. */
  over(now: Milliseconds): void {
    this.#quietSince = now
  }
}
