import type { Milliseconds } from '../../options.js'

/** Waiting that somebody may lose the patience for. */
export class Patience {
  #lost = false
  readonly #waiting = new Set<() => void>()

  /** Whether nobody wants to wait any more. */
  get lost(): boolean {
    return this.#lost
  }

  /** Ends all waiting, and what would follow. */
  lose(): void {
    this.#lost = true
    for (const end of [...this.#waiting]) end()
  }

  /** Waits for something, at most for a time. Returns whether it came. It must not reject. */
  for(what: Promise<unknown>, ms: Milliseconds): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (came: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        resolve(came)
      }
      const end = (): void => settle(false)
      const timer = setTimeout(end, ms)
      this.#waiting.add(end)
      void what.then(() => settle(true))
      if (this.#lost) end()
    })
  }
}
