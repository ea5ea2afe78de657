import type { Milliseconds } from '../../options.js'
import type { Rates } from './report.js'

/** How many steps a sparkline shows. */
export const STEPS = 60

/** What happened step by step, oldest first; empty where nothing did. */
export interface Trend {
  /** Requests a second. */
  readonly rate: readonly number[]
  /** Of these, failures a second. */
  readonly failed: readonly number[]
}

export const NO_TREND: Trend = Object.freeze({ rate: [], failed: [] })

/** Below this a rate would be made of chance. */
const SHORTEST_MS = 500

/** Marks of two counters that only grow, at the beginning of each of the last {@link STEPS} steps: rates are read off them. */
export class Track {
  /** Time, total and failed, mark by mark. */
  readonly #marks = new Float64Array(3 * (STEPS + 1))
  #count = 0
  #trend: Trend | null = null

  /** Notes how far the counters have come at the end of a step. */
  mark(at: Milliseconds, total: number, failed: number): void {
    this.#marks.set([at, total, failed], 3 * (this.#count % (STEPS + 1)))
    this.#count++
    this.#trend = null
  }

  /** Since the mark before the last: long enough to be calm, short enough to be of now. */
  rates(at: Milliseconds, total: number, failed: number): Rates {
    const mark = Math.max(0, this.#count - 2)
    const ms = at - this.#read(mark, 0)
    if (this.#count === 0 || ms < SHORTEST_MS) return { rate: null, errorRate: null }
    const requests = Math.max(0, total - this.#read(mark, 1))
    const failures = Math.max(0, failed - this.#read(mark, 2))
    return {
      rate: short((requests * 1000) / ms),
      // What failed may have begun before the mark.
      errorRate: requests === 0 ? (failures === 0 ? null : 1) : short(Math.min(1, failures / requests)),
    }
  }

  /** Made once a step, however often it is asked for. */
  get trend(): Trend {
    this.#trend ??= this.#readTrend()
    return this.#trend
  }

  #readTrend(): Trend {
    const first = Math.max(0, this.#count - STEPS - 1)
    const rate: number[] = []
    const failed: number[] = []
    for (let mark = first + 1; mark < this.#count; mark++) {
      rate.push(this.#perSecond(mark, 1))
      failed.push(this.#perSecond(mark, 2))
    }
    return rate.some((each) => each > 0) ? { rate, failed } : NO_TREND
  }

  #perSecond(mark: number, field: number): number {
    const ms = this.#read(mark, 0) - this.#read(mark - 1, 0)
    return ms <= 0 ? 0 : short(Math.max(0, ((this.#read(mark, field) - this.#read(mark - 1, field)) * 1000) / ms))
  }

  #read(mark: number, field: number): number {
    return this.#marks[3 * (mark % (STEPS + 1)) + field]!
  }
}

/** Three digits: more would be noise, and a third of what is sent. */
export function short(value: number): number {
  if (value === 0) return 0
  const scale = 10 ** (2 - Math.floor(Math.log10(value)))
  // As a division, a power of ten below 1 leaves no digits behind the third.
  return scale >= 1 ? Math.round(value * scale) / scale : Math.round(value * scale) * Math.round(1 / scale)
}

/** Trends of parts that end at the same moment, as one. */
export function sumTrends(trends: readonly Trend[]): Trend {
  const length = Math.max(0, ...trends.map(({ rate }) => rate.length))
  const sum = (of: (trend: Trend) => readonly number[]): number[] => {
    const total = new Array<number>(length).fill(0)
    for (const trend of trends) {
      const steps = of(trend)
      for (let at = 0; at < steps.length; at++) total[length - steps.length + at]! += steps[at]!
    }
    return total.map(short)
  }
  return length === 0 ? NO_TREND : { rate: sum(({ rate }) => rate), failed: sum(({ failed }) => failed) }
}
