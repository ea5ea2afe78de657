import { loadPackage } from '../../load-package.js'
import type { Bytes, Milliseconds } from '../../options.js'
import { THRESHOLDS } from './priority.js'

/** What a process may use. `Infinity` is no limit. */
export interface ProcessLimits {
  readonly maxEventLoopDelayMs: Milliseconds
  readonly maxHeapShare: number
  readonly maxRssBytes: Bytes
}

/** Where figures of the process come from. */
export interface ProcessFigures {
  /** Share of the heap's limit that is in use. */
  heapShare(): number
  rssBytes(): Bytes
}

export const ownFigures: ProcessFigures = {
  heapShare() {
    const { used_heap_size, heap_size_limit } = loadPackage<typeof import('node:v8')>(
      'node:v8',
      'shed',
    ).getHeapStatistics()
    return used_heap_size / heap_size_limit
  },
  rssBytes: () => process.memoryUsage.rss(),
}

/** Memory is looked at every so many samples: a look costs up to 10 µs. */
const MEMORY_EVERY = 10
/** How much of the way the delay goes in one sample: a stall has to last, or to be long, to count. */
const SMOOTHING = 0.3
/** What sheds a rank sheds it until the pressure is this share of where it began. */
const LEAVE = 0.9

/** The pressure on the process, as the highest share of a limit that is used, sampled; after Envoy's overload manager. */
export class Pressure {
  /** Ranks below this are shed. */
  level = 0
  /** What presses most. */
  why = ''
  readonly #limits: ProcessLimits
  readonly #figures: ProcessFigures
  #samples = 0
  #delayMs = 0
  #heap = 0
  #rss = 0

  constructor(limits: ProcessLimits, figures: ProcessFigures) {
    this.#limits = limits
    this.#figures = figures
  }

  /** @param lateMs How late the event loop came to this. */
  sample(lateMs: Milliseconds): void {
    const { maxEventLoopDelayMs, maxHeapShare, maxRssBytes } = this.#limits
    if (this.#samples++ % MEMORY_EVERY === 0) {
      if (maxHeapShare !== Number.POSITIVE_INFINITY) this.#heap = this.#figures.heapShare() / maxHeapShare
      if (maxRssBytes !== Number.POSITIVE_INFINITY) this.#rss = this.#figures.rssBytes() / maxRssBytes
    }
    this.#delayMs += (lateMs - this.#delayMs) * SMOOTHING
    const delay = this.#delayMs / maxEventLoopDelayMs
    const most = Math.max(delay, this.#heap, this.#rss)
    if (most === delay) this.why = 'the event loop is late'
    else this.why = most === this.#heap ? 'the heap is nearly full' : 'the process takes too much memory'
    while (this.level < 3 && most >= THRESHOLDS[this.level]!) this.level++
    while (this.level > 0 && most < THRESHOLDS[this.level - 1]! * LEAVE) this.level--
  }
}
