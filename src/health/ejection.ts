import type { Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Clock } from '../upstream/clock.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { ProbeAnswer } from './monitor-options.js'
import { Recurrence } from './recurrence.js'
import { type Judge, nameOf } from './verdict.js'

/** What an endpoint is ejected for: how long it stays out, and what brings it back. */
export interface Grounds {
  /** The n-th ejection in a row lasts n times as long (Envoy). */
  readonly baseMs: Milliseconds
  /** The longest, unless the base is longer. */
  readonly maxMs: Milliseconds
  /** Good attempts on trial that bring it back for good. */
  readonly passes: number
  /** What counts as good, on trial. */
  readonly judge: Judge
}

/** What becomes of a pool's endpoints when probes or traffic tell something about them. */
export interface HealthTarget {
  readonly endpoints: readonly Endpoint[]
  /** `healthy`, `ejected` or `onTrial` of an endpoint has changed. */
  healthChanged(endpoint: Endpoint, why: string): void
  /** An active check has its answer. */
  probed(endpoint: Endpoint, answer: ProbeAnswer): void
}

/** Time, so that tests can hold it. `now` must be the clock that attempts are timed by. */
export interface HealthTime {
  readonly clock: Clock
  readonly now: () => number
}

/**
 * The one way of an endpoint out of its pool and back: in → out for a time → on trial → in, or out for longer. The state itself
 * is the endpoint's `ejected` and `onTrial`, as the pool may end an ejection early when no other endpoint is left.
 */
export class Ejection {
  readonly #endpoint: Endpoint
  readonly #target: HealthTarget
  readonly #time: HealthTime
  readonly #recurrence = new Recurrence()
  #grounds: Grounds | null = null
  #beganAt = -Infinity
  #endsAt = -Infinity
  #passed = 0
  #timer: unknown

  constructor(endpoint: Endpoint, target: HealthTarget, time: HealthTime) {
    this.#endpoint = endpoint
    this.#target = target
    this.#time = time
  }

  /** Whether it is out, or on trial. */
  get lasts(): boolean {
    return this.#endpoint.ejected || this.#endpoint.onTrial
  }

  /** Whether an attempt began before the ejection, so that it says nothing of what is since. */
  precedes({ times }: AttemptOutcome): boolean {
    return times.startedAt < this.#beganAt
  }

  /** Puts it out; one that is out already stays so until its time is over. */
  begin(grounds: Grounds, why: string): void {
    const endpoint = this.#endpoint
    if (endpoint.ejected) return
    const now = this.#time.now()
    // A trial that the pool began early, for want of another endpoint, makes nothing worse.
    const early = endpoint.onTrial && now < this.#endsAt
    const count = early ? this.#recurrence.count : this.#recurrence.again(now, (this.#grounds ?? grounds).baseMs)
    const ms = Math.min(grounds.baseMs * count, Math.max(grounds.baseMs, grounds.maxMs))
    this.#grounds = grounds
    this.#beganAt = now
    this.#endsAt = now + ms
    this.#passed = 0
    endpoint.ejected = true
    endpoint.onTrial = false
    const { clock } = this.#time
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => this.#end(), ms)
    this.#target.healthChanged(endpoint, why)
  }

  /** Notes what an attempt on trial showed. */
  judge(outcome: AttemptOutcome): void {
    const endpoint = this.#endpoint
    const grounds = this.#grounds
    if (grounds === null || !endpoint.onTrial) return
    const verdict = grounds.judge(outcome)
    if (verdict === 'bad') this.begin(grounds, `on trial: ${nameOf(outcome)}`)
    if (verdict !== 'good' || ++this.#passed < grounds.passes) return
    this.#time.clock.clearTimeout(this.#timer)
    this.#recurrence.over(this.#time.now())
    endpoint.onTrial = false
    this.#target.healthChanged(endpoint, 'passed its trial')
  }

  /** The endpoint has left the pool. */
  stop(): void {
    this.#time.clock.clearTimeout(this.#timer)
  }

  #end(): void {
    const endpoint = this.#endpoint
    if (!endpoint.ejected) return
    endpoint.ejected = false
    endpoint.onTrial = true
    this.#target.healthChanged(endpoint, 'on trial')
  }
}
