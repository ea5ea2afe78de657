import type { AttemptOutcome } from '../outcome.js'
import type { Balanced } from './balancer.js'
import type { Gauge } from './gauge.js'
import { divisor } from './weights.js'

export interface TrafficOptions {
  /** Time in which bytes lose all but 1/e of their weight. */
  readonly decayMs: number
  readonly now: () => number
}

/** Past so many, the mean size of an exchange follows the latest ones. */
const MEMORY = 100

/**
 * Bytes sent and received for the weight, decaying. A pick is charged the mean size at once, so that those that start together
 * spread, and the true size takes its place when the attempt has ended.
 *
 * All loads decay alike, so their order does not change with time: kept as a logarithm, plus time / decay, a key stands still.
 */
export class TrafficGauge<E extends Balanced> implements Gauge<E> {
  readonly lowest = 'fewest bytes of late for its weight'
  readonly #decayMs: number
  readonly #now: () => number
  #endpoints: readonly E[] = []
  /** Bytes per weight as of `stamp`, what is charged in advance included. */
  #load = new Float64Array()
  /** What is charged in advance, decaying with it, and for how many. */
  #charged = new Float64Array()
  #charges = new Float64Array()
  #stamp = new Float64Array()
  #out = new Uint8Array()
  /** Before the first has ended, all are taken to be alike. */
  #mean = 1
  #seen = 0

  constructor({ decayMs, now }: TrafficOptions) {
    this.#decayMs = decayMs
    this.#now = now
  }

  rebuild(endpoints: readonly E[], before: (endpoint: E) => number): void {
    const known = endpoints.map(before)
    const carried = (from: Float64Array) => Float64Array.from(known, (at) => (at === -1 ? 0 : from[at]!))
    this.#load = carried(this.#load)
    this.#charged = carried(this.#charged)
    this.#charges = carried(this.#charges)
    this.#stamp = carried(this.#stamp)
    this.#endpoints = endpoints
    // Newcomers have no say in what the lowest is.
    this.#out = Uint8Array.from(known, (at, index) => (at === -1 || isOut(endpoints[index]!) ? 1 : 0))
    const lowest = this.#lowest()
    for (const [at, index] of known.entries()) if (index === -1) this.#raise(at, lowest)
    this.#out = Uint8Array.from(endpoints, (endpoint) => (isOut(endpoint) ? 1 : 0))
  }

  write(at: number, keys: Float64Array): void {
    keys[at] = this.#keyOf(at)
  }

  picked(at: number): void {
    this.#decay(at)
    const charge = this.#mean / divisor(this.#endpoints[at]!)
    this.#load[at]! += charge
    this.#charged[at]! += charge
    this.#charges[at]!++
  }

  settled(at: number, { bytes }: AttemptOutcome): void {
    this.#decay(at)
    const size = bytes.in + bytes.out
    if (this.#charges[at]! > 0) {
      const charge = this.#charged[at]! / this.#charges[at]!--
      this.#charged[at]! -= charge
      this.#load[at] = Math.max(0, this.#load[at]! - charge)
    }
    this.#load[at]! += size / divisor(this.#endpoints[at]!)
    this.#mean += (size - this.#mean) / Math.min(++this.#seen, MEMORY)
  }

  /** One that comes back has sent nothing for a while, and would be given everything. */
  changed(at: number): void {
    const out = isOut(this.#endpoints[at]!)
    if (!out && this.#out[at] === 1) this.#raise(at, this.#lowest())
    this.#out[at] = out ? 1 : 0
  }

  /** The lowest key of those that are there. */
  #lowest(): number {
    let lowest = Infinity
    for (let at = 0; at < this.#out.length; at++) if (this.#out[at] === 0) lowest = Math.min(lowest, this.#keyOf(at))
    return lowest
  }

  #raise(at: number, key: number): void {
    if (key === Infinity || key <= this.#keyOf(at)) return
    this.#decay(at)
    this.#load[at] = Math.exp(key - this.#stamp[at]! / this.#decayMs)
  }

  #decay(at: number): void {
    const now = this.#now()
    const kept = Math.exp(-Math.max(0, now - this.#stamp[at]!) / this.#decayMs)
    this.#load[at]! *= kept
    this.#charged[at]! *= kept
    this.#stamp[at] = now
  }

  #keyOf(at: number): number {
    const load = this.#load[at]!
    return load > 0 ? Math.log(load) + this.#stamp[at]! / this.#decayMs : -Infinity
  }
}

function isOut({ available }: Balanced): boolean {
  return available === false
}
