import type { Bytes, Milliseconds } from '../options.js'
import type { RedisArgument } from './client.js'

/** A command that its caller waits for. */
export interface Waiter {
  readonly command: string
  readonly size: Bytes
  readonly dueAt: Milliseconds
  readonly late: (command: string) => void
}

export interface WaitingOptions {
  readonly timeoutMs: Milliseconds
  readonly maxCommands: number
  readonly maxBytes: Bytes
}

/**
 * The commands that have no answer yet: counted for as long as the client holds them, and waited for as long as a request can. One timer
 * looks after all, and is left to run when they are answered, as nearly every one is long before: to set and clear one for each would
 * cost more than all else here.
 */
export class Waiting {
  readonly #options: WaitingOptions
  #commands = 0
  #bytes = 0
  /** Whoever came first is due first. */
  readonly #waiters = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: WaitingOptions) {
    this.#options = options
  }

  room(command: readonly RedisArgument[]): boolean {
    return this.#commands < this.#options.maxCommands && this.#bytes + sizeOf(command) <= this.#options.maxBytes
  }

  /** @param late Called unless `leave` is in time. */
  enter(command: readonly RedisArgument[], late: (command: string) => void): Waiter {
    const { timeoutMs } = this.#options
    const waiter = { command: String(command[0]), size: sizeOf(command), dueAt: performance.now() + timeoutMs, late }
    this.#commands++
    this.#bytes += waiter.size
    this.#waiters.add(waiter)
    this.#timer ??= this.#lookIn(timeoutMs)
    return waiter
  }

  /** The client holds it no longer. Whether it was still waited for. */
  leave(waiter: Waiter): boolean {
    this.#commands--
    this.#bytes -= waiter.size
    return this.#waiters.delete(waiter)
  }

  /** Ends the timer, unless somebody waits still: it ends with the last of them then. */
  close(): void {
    if (this.#waiters.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #lookIn(ms: Milliseconds): NodeJS.Timeout {
    return setTimeout(() => {
      const now = performance.now()
      // An event loop that was held up runs timers before it reads sockets: what has come meanwhile is not late.
      setImmediate(() => this.#look(now))
    }, ms).unref()
  }

  #look(now: Milliseconds): void {
    this.#timer = undefined
    for (const waiter of this.#waiters) {
      if (waiter.dueAt > now) {
        this.#timer = this.#lookIn(Math.max(1, waiter.dueAt - performance.now()))
        return
      }
      this.#waiters.delete(waiter)
      waiter.late(waiter.command)
    }
  }
}

function sizeOf(command: readonly RedisArgument[]): Bytes {
  let size = 0
  for (const argument of command) size += argument.length
  return size
}
