import type { Exchange } from '../exchange.js'
import { check, checkOptions, type Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import { type Balanced, type Balancer, byChance, type Peek } from './balancer.js'
import type { Gauge } from './gauge.js'
import { ConnectionsGauge } from './least-connections.js'
import { PeakEwma } from './peak-ewma.js'
import { TrafficGauge } from './traffic-gauge.js'
import { WeightedDraw } from './weighted-draw.js'
import { weighted } from './weights.js'

export interface PowerOfTwoChoicesOptions {
  /** What the drawn ones are compared by; `'time'` is that to the first byte. @default 'connections' */
  readonly by?: 'connections' | 'time' | 'bytes' | undefined
  /** How many to draw. @default 2 */
  readonly choices?: number | undefined
  /** As of `leastTime` and `leastBytes`. @default 10000 by time, 60000 by bytes */
  readonly decayMs?: Milliseconds | undefined
  /** Source of chance in [0, 1), for tests. @default a generator of its own */
  readonly random?: (() => number) | undefined
  /** Milliseconds, for tests. @default performance.now */
  readonly now?: (() => number) | undefined
}

/**
 * Draws two different endpoints at random by weight, and picks the better (Mitzenmacher 2001; HAProxy's `random`, NGINX's `random
 * two`). Nearly as even as the best of all, in O(1), and many proxies that know the same do not all run to the same endpoint.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'search', endpoints, balancer: powerOfTwoChoices({ by: 'time' }) })
 * ```
 */
export function powerOfTwoChoices<E extends Balanced = Balanced>(options: PowerOfTwoChoicesOptions = {}): Balancer<E> {
  checkOptions('powerOfTwoChoices', options, {
    by: check.oneOf('connections', 'time', 'bytes'),
    choices: check.whole(2, 16),
    decayMs: check.duration,
    random: check.function,
    now: check.function,
  })
  return new PowerOfTwoChoices<E>(options)
}

class PowerOfTwoChoices<E extends Balanced> implements Balancer<E> {
  readonly name = 'powerOfTwoChoices'
  readonly #options: PowerOfTwoChoicesOptions
  readonly #random: (() => number) | undefined
  readonly #choices: number
  readonly #gauge: Gauge<E>
  #endpoints: readonly E[] = []
  #index: ReadonlyMap<E, number> = new Map()
  #keys = new Float64Array()
  #draw: WeightedDraw<E>

  constructor(options: PowerOfTwoChoicesOptions) {
    this.#options = options
    this.#random = options.random
    this.#choices = options.choices ?? 2
    this.#gauge = gaugeOf(options)
    this.#draw = new WeightedDraw([], this.#random)
  }

  rebuild(endpoints: readonly E[]): void {
    const before = this.#index
    this.#endpoints = weighted(this.name, endpoints)
    this.#gauge.rebuild(this.#endpoints, (endpoint) => before.get(endpoint) ?? -1)
    this.#index = new Map(this.#endpoints.map((endpoint, at) => [endpoint, at]))
    this.#keys = new Float64Array(this.#endpoints.length)
    for (let at = 0; at < this.#keys.length; at++) this.#gauge.write(at, this.#keys)
    this.#draw = new WeightedDraw(this.#endpoints, this.#random)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    let best = this.#draw.next(skip)
    if (best === -1) return undefined
    for (let choice = 1; choice < this.#choices; choice++) {
      const other = this.#draw.other(best, skip)
      if (other !== -1 && this.#keys[other]! < this.#keys[best]!) best = other
    }
    this.#gauge.picked?.(best)
    this.#gauge.write(best, this.#keys)
    return this.#endpoints[best]
  }

  peek(_exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    return byChance(
      this.#endpoints.filter((endpoint) => !skip(endpoint)),
      `of ${this.#choices} drawn by chance, the better one: ${this.#gauge.lowest}`,
    )
  }

  changed(endpoint: E): void {
    const at = this.#index.get(endpoint)
    if (at === undefined) return
    this.#gauge.changed?.(at)
    this.#gauge.write(at, this.#keys)
  }

  settled(endpoint: E, outcome: AttemptOutcome): void {
    const at = this.#index.get(endpoint)
    if (at === undefined) return
    this.#gauge.settled?.(at, outcome)
    this.#gauge.write(at, this.#keys)
  }

  fork(): Balancer<E> {
    return new PowerOfTwoChoices<E>(this.#options)
  }
}

function gaugeOf<E extends Balanced>({
  by,
  decayMs,
  now = () => performance.now(),
}: PowerOfTwoChoicesOptions): Gauge<E> {
  if (by === 'time') return new PeakEwma({ measure: 'firstByte', decayMs: decayMs ?? 10_000, now })
  if (by === 'bytes') return new TrafficGauge({ decayMs: decayMs ?? 60_000, now })
  return new ConnectionsGauge()
}
