import type { Milliseconds } from '../../options.js'
import type { Clock } from '../clock.js'
import type { Discovery, EndpointList } from '../discovery.js'

/**
 * A source whose `return()` also ends a wait that is under way. A generator's own comes to its turn only after that wait, which
 * may be minutes.
 */
export function stoppable(run: (signal: AbortSignal) => AsyncGenerator<EndpointList | Error, void>): Discovery {
  return {
    [Symbol.asyncIterator]() {
      const stop = new AbortController()
      const lists = run(stop.signal)
      return {
        async next() {
          try {
            return await lists.next()
          } catch (error) {
            if (stop.signal.aborted) return { done: true, value: undefined }
            throw error
          }
        },
        return() {
          stop.abort()
          return lists.return()
        },
      }
    },
  }
}

/** The work's result; rejects at once when stopped, whatever becomes of the work. */
export function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(signal.reason)
    if (signal.aborted) stopped()
    signal.addEventListener('abort', stopped, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stopped))
  })
}

/** Rejects when stopped, and leaves no timer. */
export async function sleep(ms: Milliseconds, signal: AbortSignal, clock: Clock): Promise<void> {
  let timer: unknown
  const over = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms)
  })
  try {
    await unlessStopped(over, signal)
  } finally {
    clock.clearTimeout(timer)
  }
}

/** Remembers that something has happened until somebody looks. */
export class Bell {
  #rung = false
  #wake: (() => void) | null = null

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves once it has rung since the last time. Rejects when stopped. */
  async heard(signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      const ring = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await unlessStopped(ring, signal)
    }
    this.#rung = false
  }
}
