import { type Clock, realClock } from './clock.js'
import type { Endpoint } from './endpoint.js'

/** What an endpoint takes at the very beginning (Envoy's `min_weight_percent`). */
const FLOOR = 0.1
/** In so many steps it gets warm (HAProxy: a twentieth of `slowstart` each). */
const STEPS = 20

export interface SlowStartOptions {
  /** From cold to warm; 0 is at once. */
  readonly durationMs: number
  /** Told of every step of an endpoint. */
  readonly onStep: (endpoint: Endpoint) => void
  readonly clock?: Clock | undefined
  readonly now?: (() => number) | undefined
}

/** Lets endpoints that come back take their share little by little, with one timer that runs while somebody warms up. */
export class SlowStart {
  readonly #durationMs: number
  readonly #onStep: (endpoint: Endpoint) => void
  readonly #clock: Clock
  readonly #now: () => number
  readonly #began = new Map<Endpoint, number>()
  #timer: unknown

  constructor({ durationMs, onStep, clock = realClock, now = () => performance.now() }: SlowStartOptions) {
    this.#durationMs = durationMs
    this.#onStep = onStep
    this.#clock = clock
    this.#now = now
  }

  begin(endpoint: Endpoint): void {
    if (this.#durationMs === 0) return
    this.#began.set(endpoint, this.#now())
    this.#warm(endpoint, FLOOR)
    if (this.#began.size === 1) this.#schedule()
  }

  /** It is out of service, or gone; what is cold already need not be told so. */
  stop(endpoint: Endpoint): void {
    if (this.#began.delete(endpoint) && this.#began.size === 0) this.#clock.clearTimeout(this.#timer)
  }

  close(): void {
    this.#began.clear()
    this.#clock.clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(() => this.#step(), Math.max(1, Math.ceil(this.#durationMs / STEPS)))
  }

  #step(): void {
    const now = this.#now()
    for (const [endpoint, began] of [...this.#began]) {
      const warmth = Math.min(1, Math.max(FLOOR, (now - began) / this.#durationMs))
      if (warmth === 1) this.#began.delete(endpoint)
      this.#warm(endpoint, warmth)
    }
    if (this.#began.size > 0) this.#schedule()
  }

  #warm(endpoint: Endpoint, warmth: number): void {
    endpoint.warmth = warmth
    endpoint.refreshLimit()
    this.#onStep(endpoint)
  }
}
