import type { EdgeEvents, EventHub } from '../../events.js'
import type { AttemptOutcome } from '../../outcome.js'
import { type PoolSource, poolsOf } from '../pool-source.js'
import { Distributions } from './distribution.js'
import type { FamilyOptions, Sample } from './family.js'
import { classLabel, errorLabel, OTHER, reasonLabel } from './labels.js'
import { type Counter, counter, type Section } from './section.js'

export interface AttemptsOptions {
  readonly buckets: readonly number[]
  readonly maxSeries: number
  readonly pools: PoolSource
}

/** Attempts at one endpoint, by what came of them. */
type Results = Map<string, number>

/** What went to upstreams: attempts, retries, hedges, and waits for an endpoint. */
export class Attempts implements Section {
  readonly families: readonly FamilyOptions[]
  readonly #options: AttemptsOptions
  readonly #results = new Map<string, Map<string, Results>>()
  #endpoints = 0
  readonly #firstByte: Distributions
  readonly #waits: Distributions
  readonly #exits: Counter
  readonly #retries: Counter
  readonly #hedges: Counter

  constructor(options: AttemptsOptions) {
    const { buckets, maxSeries } = options
    this.#options = options
    this.#firstByte = new Distributions('pool', maxSeries, buckets)
    this.#waits = new Distributions('pool', maxSeries, buckets)
    this.#exits = counter(
      'queue_exits_total',
      'Waits for an endpoint by how they ended.',
      ['pool', 'result'],
      maxSeries,
    )
    this.#retries = counter(
      'retries_total',
      'Requests sent again, by what had come of them.',
      ['pool', 'reason'],
      maxSeries,
    )
    this.#hedges = counter('hedges_total', 'Requests sent to a second endpoint as well.', ['pool'], maxSeries)
    this.families = [
      {
        name: 'attempts_total',
        help: 'Attempts at endpoints, by class of status or error code.',
        type: 'counter',
        labels: ['pool', 'endpoint', 'result'],
        read: () => this.#samples(),
        reset: () => this.#forget(),
      },
      distribution('attempt_first_byte_seconds', 'From an attempt to the first byte of its reply.', this.#firstByte),
      this.#retries,
      this.#hedges,
      distribution('queue_wait_seconds', 'Time in a pool’s queue, of requests that had to wait.', this.#waits),
      this.#exits,
    ]
  }

  listen(hub: EventHub): readonly (() => void)[] {
    return [
      hub.on('attempt', ({ pool, outcome }) => this.#count(pool, outcome)),
      hub.on('retry', ({ pool, why }) => void this.#retries.cell(pool, reasonLabel(why)).value++),
      hub.on('hedge', ({ pool }) => void this.#hedges.cell(pool).value++),
      hub.on('queued', (event) => this.#waited(event)),
      hub.on('endpoint', ({ pool, endpoint, change }) => {
        if (change === 'removed') this.#drop(pool, endpoint)
      }),
    ]
  }

  #count(pool: string, { endpoint, status, error, times }: AttemptOutcome): void {
    const results = this.#results.get(pool)?.get(endpoint) ?? this.#resultsOf(pool, endpoint)
    const result = error !== null ? errorLabel(error) : classLabel(status ?? 0)
    results.set(result, (results.get(result) ?? 0) + 1)
    if (times.firstByteAt !== null) this.#firstByte.of(pool).observe((times.firstByteAt - times.startedAt) / 1000)
  }

  #waited({ pool, waitedMs, error }: EdgeEvents['queued']): void {
    this.#exits.cell(pool, error === null ? 'served' : errorLabel(error)).value++
    if (error?.code !== 'ERR_EDGE_QUEUE_FULL') this.#waits.of(pool).observe(waitedMs / 1000)
  }

  /** An endpoint that its pool has got a place of its own; one that has left, or is nobody's that we know, is one of the others. */
  #resultsOf(pool: string, endpoint: string): Results {
    const members = poolsOf(this.#options.pools).find(({ name }) => name === pool)?.endpoints ?? []
    const room = this.#endpoints < this.#options.maxSeries
    const name = room && members.some((each) => each.name === endpoint) ? endpoint : OTHER
    const owner = this.#results.has(pool) || this.#results.size < this.#options.maxSeries ? pool : OTHER
    const byEndpoint = this.#results.get(owner) ?? new Map<string, Results>()
    this.#results.set(owner, byEndpoint)
    const known = byEndpoint.get(name)
    if (known !== undefined) return known
    const made: Results = new Map()
    byEndpoint.set(name, made)
    this.#endpoints++
    return made
  }

  #drop(pool: string, endpoint: string): void {
    if (this.#results.get(pool)?.delete(endpoint) === true) this.#endpoints--
  }

  /** Of a pool that is no longer there, no endpoint is. */
  #sweep(): void {
    const pools = new Set(poolsOf(this.#options.pools).map(({ name }) => name))
    for (const [pool, byEndpoint] of this.#results) {
      if (pools.has(pool)) continue
      for (const endpoint of byEndpoint.keys()) if (endpoint !== OTHER) this.#drop(pool, endpoint)
    }
  }

  #samples(): readonly Sample[] {
    this.#sweep()
    const samples: Sample[] = []
    for (const [pool, byEndpoint] of this.#results)
      for (const [endpoint, results] of byEndpoint)
        for (const [result, value] of results) samples.push({ labels: { pool, endpoint, result }, value })
    return samples
  }

  #forget(): void {
    this.#results.clear()
    this.#endpoints = 0
  }
}

function distribution(name: string, help: string, series: Distributions): FamilyOptions {
  return {
    ...{ name, help, type: 'histogram', labels: ['pool'] },
    read: (full) => series.samples(full),
    reset: () => series.clear(),
  }
}
