import type { Milliseconds } from '../options.js'
import { wordsOf } from './reply-error.js'

export interface AvailabilityOptions {
  /** Asks whether it is there; settles whenever it will. */
  readonly probe: () => Promise<unknown>
  /** How long the first answer may take: a client that was just made is still connecting. */
  readonly startMs: Milliseconds
  /** How long after a failed probe the next one goes out. */
  readonly retryMs: Milliseconds
  readonly onChange: (change: 'up' | 'down', why: string) => void
}

/** Timeouts in a row that mean "down": one may be one slow command, and a hang makes three at once under any load. */
const TIMEOUTS = 3
/** Between probes while the first answer is waited for. */
const START_RETRY_MS = 20

/**
 * Whether something elsewhere is there: while it is not, nobody is made to wait for it. One probe at a time asks, in the background.
 * A probe without an answer stays out: a client that queues it for a new connection, or one that was only held up, answers it in the end.
 */
export class Availability {
  #state: 'new' | 'starting' | 'up' | 'down' | 'closed' = 'new'
  #timeouts = 0
  #probing = false
  #lastFailure = 'no answer'
  #startTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #waiting: (() => void)[] = []
  readonly #options: AvailabilityOptions

  constructor(options: AvailabilityOptions) {
    this.#options = options
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  /** Whether nobody knows yet, since nobody had asked. */
  get unknown(): boolean {
    return this.#state === 'new' || this.#state === 'starting'
  }

  /** Calls back once it is known, which takes `startMs` at most. */
  whenKnown(then: () => void): void {
    this.#waiting.push(then)
    if (this.#state === 'starting') return
    this.#state = 'starting'
    this.#startTimer = setTimeout(() => this.down(this.#lastFailure), this.#options.startMs).unref()
    this.#probe()
  }

  /** An answer came, of whatever kind. */
  answered(): void {
    this.#timeouts = 0
  }

  timedOut(why: string): void {
    if (++this.#timeouts >= TIMEOUTS) this.down(why)
  }

  down(why: string): void {
    if (this.#state === 'down' || this.#state === 'closed') return
    this.#become('down')
    this.#options.onChange('down', why)
    this.#probe()
  }

  close(): void {
    this.#become('closed')
    clearTimeout(this.#retryTimer)
  }

  #become(state: 'up' | 'down' | 'closed'): void {
    clearTimeout(this.#startTimer)
    this.#timeouts = 0
    this.#state = state
    for (const then of this.#waiting.splice(0)) then()
  }

  #probe(): void {
    if (this.#probing) return
    this.#probing = true
    this.#options.probe().then(
      () => {
        this.#probing = false
        if (this.#state === 'closed') return
        const recovered = this.#state === 'down'
        this.#become('up')
        if (recovered) this.#options.onChange('up', 'it answers again')
      },
      (error) => {
        this.#lastFailure = wordsOf(error)
        if (this.#state === 'closed') return
        const { retryMs } = this.#options
        const wait = this.#state === 'starting' ? Math.min(START_RETRY_MS, retryMs) : retryMs
        this.#retryTimer = setTimeout(() => {
          this.#probing = false
          this.#probe()
        }, wait).unref()
      },
    )
  }
}
