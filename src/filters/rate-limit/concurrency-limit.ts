import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import { type DenialOptions, type Deny, denier } from '../denial.js'
import { compileKeys, type KeyGenerator, type Keys, keyCheck } from './key-generator.js'
import { hasLeft, type Keyless, KeylessPolicy, NO_KEY } from './keyless.js'
import { Turns } from './turns.js'

export interface ConcurrencyLimitOptions extends DenialOptions {
  /** Requests and WebSockets of a key that may be under way at once. */
  readonly limit: number
  /** Whom it counts. @default 'address' */
  readonly keyGenerator?: KeyGenerator | undefined
  /** Those of a key that may wait for a turn, first come first served. @default nobody waits */
  readonly queue?:
    | {
        /** Most that may wait; more are denied at once. @default 100 */
        readonly max?: number | undefined
        /** Longest wait; denied then. @default 5000 */
        readonly maxWaitMs?: Milliseconds | undefined
      }
    | undefined
  /** Bits of an IPv6 address that make a client. @default 56 */
  readonly ipv6Subnet?: number | undefined
  /** What becomes of those without a key, as of `rateLimit`. @default 'shared' */
  readonly missingKey?: Keyless | undefined
  /** Of the answer to those beyond. @default 429 */
  readonly statusCode?: number | undefined
  /** Timers. @default real time */
  readonly clock?: Clock | undefined
}

/** A filter that limits what is under way. */
export interface ConcurrencyLimiting extends Filter {
  /** How many are under way. */
  readonly active: number
  /** How many wait. */
  readonly waiting: number
}

/**
 * Limits how many requests of a client, or of whatever a key names, are under way at once, as NGINX's `limit_conn` and HAProxy's
 * `conn_cur`. A request is under way until the last byte of its reply has left or all is lost, a WebSocket until it closes. Whoever comes
 * while all turns are taken waits for one, if he may, or is answered with 429.
 *
 * Behind `forward` a pool limits what endpoints get at once; this limits what one client can take of that.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const perClient = concurrencyLimit({ limit: 10, queue: { max: 20, maxWaitMs: 2_000 } })
 * ```
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimiting {
  const whole = check.whole(1, 1_000_000)
  checkOptions('concurrencyLimit', options, {
    limit: whole,
    keyGenerator: keyCheck,
    queue: check.object,
    ipv6Subnet: check.whole(32, 64),
    missingKey: check.oneOf('shared', 'pass', 'deny'),
    statusCode: check.whole(400, 599),
    clock: check.object,
    events: check.object,
  })
  if (options.limit === undefined) throw optionError('concurrencyLimit', 'limit', undefined, whole(undefined)!)
  checkOptions('concurrencyLimit queue', options.queue ?? {}, { max: whole, maxWaitMs: check.duration })
  const limiting = new Limiting(options)
  const filter = defineFilter(
    { filterName: 'concurrencyLimit', stage: 'guard', explain: (exchange) => limiting.explain(exchange) },
    (exchange, next) => limiting.run(exchange, next),
  )
  return Object.defineProperties(filter, {
    active: { get: () => limiting.turns.active },
    waiting: { get: () => limiting.turns.waiting },
  }) as ConcurrencyLimiting
}

class Limiting {
  readonly turns: Turns
  readonly #keysOf: ReturnType<typeof compileKeys>
  readonly #keyless: KeylessPolicy
  readonly #deny: Deny

  constructor(options: ConcurrencyLimitOptions) {
    const { limit, queue, keyGenerator = 'address', ipv6Subnet = 56, clock = realClock } = options
    const { max = 100, maxWaitMs = 5_000 } = queue ?? { max: 0 }
    this.turns = new Turns(limit, { max, maxWaitMs }, clock)
    this.#keysOf = compileKeys('concurrencyLimit', keyGenerator, ipv6Subnet)
    this.#keyless = new KeylessPolicy(options.missingKey, options.events)
    // Turns come free at any time: the least that can be said.
    this.#deny = denier('concurrencyLimit', options.statusCode ?? 429, options.events, { 'retry-after': '1' })
  }

  run(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    try {
      const keys = this.#keysOf(exchange)
      return keys instanceof Promise
        ? keys.then((late) => this.#admit(late, exchange, next))
        : this.#admit(keys, exchange, next)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #admit(keys: Keys, exchange: Exchange, next: PlainHandler): Promise<Reply> {
    if (keys === null) {
      const fate = hasLeft(exchange) ? 'deny' : this.#keyless.meet('concurrencyLimit')
      if (fate === 'pass') return next(exchange)
      if (fate === 'deny') return Promise.resolve(this.#deny(exchange, 'it has no key to be limited by'))
    }
    const entered = this.#enter(keys ?? [NO_KEY], 0, exchange)
    if (!(entered instanceof Promise)) return this.#go(entered, exchange, next)
    return entered.then((late) => this.#go(late, exchange, next))
  }

  #go(entered: boolean, exchange: Exchange, next: PlainHandler): Promise<Reply> {
    return entered ? next(exchange) : Promise.resolve(this.#deny(exchange, 'as many as may be are under way'))
  }

  /** Turns of all keys, in order; each is given back when the exchange settles, however it does (H-110). */
  #enter(keys: readonly string[], from: number, exchange: Exchange): boolean | Promise<boolean> {
    for (let at = from; at < keys.length; at++) {
      const entered = this.turns.enter(keys[at]!, exchange)
      if (entered instanceof Promise)
        return entered.then((late) => {
          if (!late) return false
          this.#hold(keys[at]!, exchange)
          return this.#enter(keys, at + 1, exchange)
        })
      if (!entered) return false
      this.#hold(keys[at]!, exchange)
    }
    return true
  }

  #hold(key: string, exchange: Exchange): void {
    exchange.onSettled(() => this.turns.leave(key))
  }

  explain(exchange: Exchange): Verdict {
    const keys = this.#keysOf(exchange)
    if (keys instanceof Promise) {
      keys.catch(() => {})
      return { verdict: 'depends', why: 'it would ask' }
    }
    if (keys === null && this.#keyless.fate === 'pass') return { verdict: 'pass', why: 'it has no key' }
    if (keys === null && this.#keyless.fate === 'deny')
      return { verdict: 'deny', why: 'it has no key', status: this.#deny.status }
    const outlooks = (keys ?? [NO_KEY]).map((key) => this.turns.outlook(key))
    if (outlooks.includes('deny'))
      return { verdict: 'deny', why: 'as many as may be are under way', status: this.#deny.status }
    if (outlooks.includes('wait')) return { verdict: 'depends', why: 'it would wait' }
    return { verdict: 'pass', why: 'there are turns left' }
  }
}
