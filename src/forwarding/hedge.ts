import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { changeHeaders } from '../http/header-map.js'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { discard, type Reply } from '../reply.js'
import type { Pool } from '../upstream/pool.js'
import { Journey } from './journey.js'

/**
 * When a request that takes long is sent to a second endpoint as well; the first good reply counts, and the other attempt is
 * cancelled. Cuts the tail that one slow endpoint makes, at the price of a few per cent more load (Dean and Barroso, "The Tail
 * at Scale", 2013). Hedges draw on the pool's retry budget.
 */
export interface HedgeOptions {
  /** A fixed wait; absent, one learnt from the pool's own replies by `quantile`. @default none */
  readonly afterMs?: Milliseconds | undefined
  /** Share of the pool's replies whose time to the first byte is waited for. @default 0.95 */
  readonly quantile?: number | undefined
  /** Replies that must have been seen before the quantile is believed; until then nothing is hedged. @default 100 */
  readonly minSamples?: number | undefined
  /** Shortest wait that is learnt. @default 10 */
  readonly minMs?: Milliseconds | undefined
  /** Methods that may be sent twice at once. @default GET, HEAD, OPTIONS */
  readonly methods?: readonly string[] | undefined
}

/** Checks the `hedge` option. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkHedge(factory: string, options: HedgeOptions): void {
  checkOptions(factory, options, {
    afterMs: check.duration,
    quantile: (value) => (typeof value === 'number' && value > 0 && value < 1 ? undefined : 'a number between 0 and 1'),
    minSamples: check.whole(1, 1_000_000),
    minMs: check.duration,
    methods: check.strings,
  })
  if (options.afterMs !== undefined && options.quantile !== undefined)
    throw optionError(factory, 'quantile', options.quantile, 'either afterMs or quantile')
}

/** Sends the second attempt. */
export class Hedger {
  readonly #pool: Pool
  readonly #afterMs: number | undefined
  readonly #quantile: number
  readonly #minSamples: number
  readonly #minMs: number
  readonly #methods: ReadonlySet<string>

  constructor(options: HedgeOptions, pool: Pool) {
    this.#pool = pool
    this.#afterMs = options.afterMs
    this.#quantile = options.quantile ?? 0.95
    this.#minSamples = options.minSamples ?? 100
    this.#minMs = options.minMs ?? 10
    this.#methods = new Set(options.methods ?? ['GET', 'HEAD', 'OPTIONS'])
  }

  /** Milliseconds after which this exchange is sent a second time; `null` for never. */
  delayFor({ method, body, upgrade }: Exchange): number | null {
    if (!this.#methods.has(method) || body.kind === 'stream' || upgrade !== null) return null
    if (this.#afterMs !== undefined) return this.#afterMs
    const { latency } = this.#pool
    if (latency.count < this.#minSamples) return null
    return Math.max(this.#minMs, latency.quantile(this.#quantile) ?? this.#minMs)
  }

  /**
   * Runs a journey, and another one beside it when the first takes longer than `delayMs`.
   *
   * A 5xx loses against whatever is still under way: a quick failure is not what was waited for.
   */
  race(first: Journey, delayMs: number, run: (journey: Journey) => Promise<Reply>): Promise<Reply> {
    const journeys: Journey[] = []
    let underWay = 0
    let won = false
    /** A 5xx that waits for something better. */
    let held: { readonly journey: Journey; readonly reply: Reply } | null = null
    let failure: unknown = null
    return new Promise((resolve, reject) => {
      const end = (winner: Journey | null): void => {
        won = true
        clearTimeout(timer)
        for (const journey of journeys)
          if (journey !== winner) journey.abandon(new EdgeError('ERR_EDGE_HEDGE_LOST', 'another attempt was faster'))
      }
      const enter = (journey: Journey): void => {
        underWay++
        journeys.push(journey)
        run(journey).then(
          (reply) => {
            underWay--
            if (won) return discard(reply)
            if (reply.status >= 500 && underWay > 0) {
              held = { journey, reply }
              return
            }
            end(journey)
            if (held !== null) discard(held.reply)
            resolve(reply)
          },
          (error) => {
            underWay--
            if (won) return
            failure ??= error
            if (underWay > 0) return
            end(held?.journey ?? null)
            if (held === null) reject(failure)
            else resolve(held.reply)
          },
        )
      }
      const timer = setTimeout(() => {
        const twin = this.#twinOf(first)
        if (twin !== null) enter(twin)
      }, delayMs)
      enter(first)
    })
  }

  /** A second journey of the same exchange, to another endpoint; `null` if there is none to spare, or no budget. */
  #twinOf(first: Journey): Journey | null {
    const { asked, exchange, tried, lease, stopped } = first
    const { events, name, queued, retryBudget } = this.#pool
    if (stopped !== null || lease === null || queued > 0) return null
    const engaged = new Set(tried).add(lease.endpoint)
    if (!this.#pool.hasOther(engaged) || !retryBudget.withdraw()) return null
    if (events.has('hedge')) events.emit('hedge', { pool: name, endpoint: lease.endpoint.name })
    const twin = new Journey(asked, exchange.with({ headers: changeHeaders(exchange.headers, {}) }), first)
    twin.tried = engaged
    return twin
  }
}
