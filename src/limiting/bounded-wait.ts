import type { Milliseconds } from '../options.js'

/** How long one is left alone that did not answer, so that not everybody waits for it. */
const REST_MS = 1_000

/** Waits for answers, each for a bounded time. */
export class BoundedWait {
  readonly #timeoutMs: Milliseconds
  #restsUntil = 0

  constructor(timeoutMs: Milliseconds) {
    this.#timeoutMs = timeoutMs
  }

  /** Rejects when the answer does not come in time, and at once while another's has not come. */
  run<T>(ask: () => Promise<T>): Promise<T> {
    if (performance.now() < this.#restsUntil) return Promise.reject(new Error('it has not answered just now'))
    return new Promise((resolve, reject) => {
      let answered = false
      const late = (): void => {
        if (answered) return
        this.#restsUntil = performance.now() + REST_MS
        reject(new Error(`no answer within ${this.#timeoutMs} ms`))
      }
      // The answer may have come while the event loop stood still: it is read first.
      const timer = setTimeout(() => setImmediate(late), this.#timeoutMs)
      ask()
        .then(resolve, reject)
        .finally(() => {
          answered = true
          clearTimeout(timer)
        })
    })
  }
}
