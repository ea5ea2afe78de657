import type { AttemptOutcome } from '../outcome.js'
import type { Balanced } from './balancer.js'
import type { Gauge } from './gauge.js'
import { divisor } from './weights.js'

export interface PeakEwmaOptions {
  /** Up to which byte of the reply the clock runs. */
  readonly measure: 'firstByte' | 'lastByte'
  /** Time in which what is known loses all but 1/e of its weight. */
  readonly decayMs: number
  /** Milliseconds, on the clock of {@link AttemptOutcome.times}. */
  readonly now: () => number
}

/** Key of one that has requests out, and none back: past any that was measured. */
const UNPROVEN = 2 ** 50
/** Shortest time that counts, in milliseconds; the logarithm of none is no number. */
const SHORTEST = 0.01
/** What a gateway in front of the endpoint, or the endpoint itself, says when it cannot serve. */
const CANNOT_SERVE: ReadonlySet<number | null> = new Set([502, 503, 504])
/** Weight of one more sample in what an attempt usually takes. */
const USUAL = 0.05

/**
 * What a request costs in time, after Finagle's peak EWMA: a sample that is worse is believed at once, better ones blend in, and with
 * no samples the cost decays towards 0, so that a slow endpoint gets another chance. The key is cost × (in flight + 1) / weight.
 *
 * All costs decay alike, so their order does not change with time: kept as a logarithm, plus time / decay, a key stands still.
 */
export class PeakEwma<E extends Balanced> implements Gauge<E> {
  readonly lowest = 'soonest to answer, by its latency and what it has in flight'
  readonly #measure: 'firstByte' | 'lastByte'
  readonly #decayMs: number
  readonly #now: () => number
  #endpoints: readonly E[] = []
  /** As of the last sample; 0 for none yet. */
  #cost = new Float64Array()
  #stamp = new Float64Array()
  /** What an attempt that went well takes, of all endpoints; 0 as long as none has. */
  #usual = 0

  constructor({ measure, decayMs, now }: PeakEwmaOptions) {
    this.#measure = measure
    this.#decayMs = decayMs
    this.#now = now
  }

  rebuild(endpoints: readonly E[], before: (endpoint: E) => number): void {
    const known = endpoints.map(before)
    const [cost, stamp] = [this.#cost, this.#stamp]
    this.#cost = Float64Array.from(known, (at) => (at === -1 ? 0 : cost[at]!))
    this.#stamp = Float64Array.from(known, (at) => (at === -1 ? 0 : stamp[at]!))
    this.#endpoints = endpoints
  }

  write(at: number, keys: Float64Array): void {
    const endpoint = this.#endpoints[at]!
    const cost = this.#cost[at]!
    // One never measured is tried while idle, and not flooded while its first attempts are out.
    if (cost === 0) keys[at] = endpoint.inFlight === 0 ? -Infinity : UNPROVEN + endpoint.inFlight
    else keys[at] = Math.log((cost * (endpoint.inFlight + 1)) / divisor(endpoint)) + this.#stamp[at]! / this.#decayMs
  }

  settled(at: number, { status, error, countsAgainst, times }: AttemptOutcome): void {
    const now = this.#now()
    const soFar = (times.lastByteAt ?? now) - times.startedAt
    if (countsAgainst && (error !== null || CANNOT_SERVE.has(status))) return this.#failed(at, soFar, now)
    // A tunnel ends when somebody has had enough of it.
    const end =
      this.#measure === 'firstByte' || status === 101 ? times.firstByteAt : error === null ? times.lastByteAt : null
    if (end !== null) {
      const took = Math.max(SHORTEST, end - times.startedAt)
      this.#usual = this.#usual === 0 ? took : this.#usual + (took - this.#usual) * USUAL
      this.#observe(at, took, now)
    } else if (soFar > this.#cost[at]!) {
      // Whoever gave up, client or hedge, knows at least this.
      this.#observe(at, soFar, now)
    }
  }

  /** Failing fast must not look like being fast: each failure doubles the cost, up to the decay time or what it took. */
  #failed(at: number, took: number, now: number): void {
    const cost = this.#cost[at]! * this.#kept(at, now)
    const doubled = 2 * Math.max(SHORTEST, this.#usual, cost)
    this.#cost[at] = Math.max(took, cost, Math.min(doubled, this.#decayMs))
    this.#stamp[at] = now
  }

  #observe(at: number, took: number, now: number): void {
    const cost = this.#cost[at]!
    const kept = this.#kept(at, now)
    this.#cost[at] = took > cost ? took : cost * kept + took * (1 - kept)
    this.#stamp[at] = now
  }

  /** Share of its cost that time has left. */
  #kept(at: number, now: number): number {
    return Math.exp(-Math.max(0, now - this.#stamp[at]!) / this.#decayMs)
  }
}
