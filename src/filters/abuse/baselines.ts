import { LRUCache } from 'lru-cache'
import type { Milliseconds } from '../../options.js'

/** What is usual for a client, and what it does now. */
interface Baseline {
  /** Number of the interval under way. */
  interval: number
  count: number
  /** Intervals in which it asked. */
  seen: number
  mean: number
  variance: number
  /** More in an interval is unusual. `Infinity` while too little is known. */
  bound: number
  /** Whether this spell has been told of. */
  told: boolean
}

export interface BaselineRules {
  readonly intervalMs: Milliseconds
  /** Intervals in which a client must have asked before anything is unusual. */
  readonly warmUp: number
  /** Fewer in an interval are never unusual. */
  readonly minRequests: number
  /** How many standard deviations above the mean are unusual. */
  readonly deviations: number
  readonly maxClients: number
}

/** How much an interval weighs once there have been so many: the last twenty count for about two thirds. */
const WEIGHT = 0.05

/**
 * Learns how many requests clients make in an interval, as exponentially weighted mean and variance (Finch, 2009). Intervals in which a client
 * does not ask teach nothing: it is not there. Of an unusual one only what is below the bound is learned, so that a flood does not make
 * itself usual at once.
 *
 * Clients that are new and those that are known have half of the places each, so that new ones never take the place of known ones,
 * however many there are.
 */
export class Baselines {
  readonly #rules: BaselineRules
  readonly #fresh: LRUCache<string, Baseline>
  readonly #known: LRUCache<string, Baseline>

  constructor(rules: BaselineRules) {
    this.#rules = rules
    this.#fresh = new LRUCache({ max: Math.ceil(rules.maxClients / 2) })
    this.#known = new LRUCache({ max: Math.ceil(rules.maxClients / 2) })
  }

  get size(): number {
    return this.#fresh.size + this.#known.size
  }

  /** Counts a request. @returns the baseline if this is the first request too many of a spell. */
  count(key: string, now: number): Pick<Baseline, 'count' | 'mean'> | null {
    const interval = Math.floor(now / this.#rules.intervalMs)
    const found = this.#known.get(key) ?? this.#fresh.get(key) ?? this.#add(key, interval)
    if (found.interval !== interval) this.#next(key, found, interval)
    found.count++
    if (found.count <= found.bound || found.told) return null
    found.told = true
    return found
  }

  #add(key: string, interval: number): Baseline {
    const added = { interval, count: 0, seen: 0, mean: 0, variance: 0, bound: Number.POSITIVE_INFINITY, told: false }
    this.#fresh.set(key, added)
    return added
  }

  #next(key: string, baseline: Baseline, interval: number): void {
    const { warmUp, minRequests, deviations } = this.#rules
    const { count, bound } = baseline
    if (count <= bound) baseline.told = false
    baseline.seen++
    const weight = Math.max(WEIGHT, 1 / baseline.seen)
    const off = Math.min(count, bound) - baseline.mean
    baseline.mean += weight * off
    baseline.variance = (1 - weight) * (baseline.variance + weight * off * off)
    baseline.interval = interval
    baseline.count = 0
    if (baseline.seen < warmUp) return
    // Even a client of perfect regularity comes by chance (Poisson): its variance is taken for no less than its mean.
    const spread = Math.sqrt(Math.max(baseline.variance, baseline.mean))
    baseline.bound = Math.max(minRequests, baseline.mean + deviations * spread)
    if (this.#fresh.delete(key)) this.#known.set(key, baseline)
  }
}
