import type { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Reply } from '../reply.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Pool } from '../upstream/pool.js'
import type { RetryVerdict } from '../verdict.js'
import type { Journey } from './journey.js'
import { retryAfterMs } from './retry-after.js'
import type { RetryCondition, RetryOptions } from './retry-options.js'

const ALL: readonly RetryCondition[] = [
  'conn-failure',
  'empty-response',
  'junk-response',
  'response-timeout',
  500,
  502,
  503,
  504,
]

const CONDITION_OF: Readonly<Record<string, RetryCondition | undefined>> = {
  ERR_EDGE_CONNECT: 'conn-failure',
  ERR_EDGE_CONNECT_TIMEOUT: 'conn-failure',
  ERR_EDGE_TLS: 'conn-failure',
  ERR_EDGE_STREAM_REFUSED: 'conn-failure',
  ERR_EDGE_UPSTREAM_RESET: 'empty-response',
  ERR_EDGE_BAD_REPLY: 'junk-response',
  ERR_EDGE_FIRST_BYTE_TIMEOUT: 'response-timeout',
}

/**
 * What is safe for anybody: if nothing has left, each endpoint in turn; if a connection died before the first byte of its reply,
 * a safe request without a body once more.
 */
const UNASKED: RetryOptions = {
  attempts: Number.POSITIVE_INFINITY,
  methods: ['GET', 'HEAD', 'OPTIONS', 'TRACE'],
  backoffMs: 0,
  bodyLimit: 0,
}

/** Decides whether a request that failed is tried again, and how soon. */
export class RetryPolicy {
  readonly perTryTimeoutMs: number
  readonly #pool: Pool
  readonly #attempts: number
  /** Without options a request survives one death only, and never goes back to an endpoint that it could not reach. */
  readonly #cautious: boolean
  readonly #otherOnly: boolean
  readonly #on: ReadonlySet<RetryCondition>
  readonly #methods: ReadonlySet<string>
  readonly #idempotencyKey: boolean
  readonly #backoffMs: number
  readonly #maxBackoffMs: number
  readonly #maxRetryAfterMs: number
  readonly #bodyLimit: number
  readonly #random: () => number

  /** @param options `undefined` for what is safe for anybody; `false` for never. */
  constructor(options: RetryOptions | false | undefined, pool: Pool) {
    const given = options === false ? { attempts: 1 } : (options ?? UNASKED)
    const { on = ['conn-failure', 'empty-response'] } = given
    this.#pool = pool
    this.#cautious = options === undefined
    this.perTryTimeoutMs = given.perTryTimeoutMs ?? 0
    this.#attempts = given.attempts ?? 3
    this.#otherOnly = given.otherEndpoint === 'require'
    this.#on = new Set(on.flatMap((each) => (each === 'all-retryable-errors' ? ALL : [each])))
    this.#methods = new Set(given.methods ?? ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
    this.#idempotencyKey = given.idempotencyKey ?? false
    this.#backoffMs = given.backoffMs ?? 25
    this.#maxBackoffMs = given.maxBackoffMs ?? 250
    this.#maxRetryAfterMs = given.maxRetryAfterMs ?? 1000
    this.#bodyLimit = given.bodyLimit ?? 65_536
    this.#random = given.random ?? Math.random
  }

  /** Up to how many bytes of this request's body are worth keeping for another attempt. */
  keeps(exchange: Exchange): number {
    return this.#attempts > 1 && exchange.upgrade === null && this.#maySendTwice(exchange) ? this.#bodyLimit : 0
  }

  /** What it would allow, without a trace. */
  explain(exchange: Exchange): RetryVerdict {
    const { body, upgrade } = exchange
    const fits = upgrade === null && (body.length ?? Infinity) <= this.#bodyLimit
    return {
      attempts: Number.isFinite(this.#attempts) ? this.#attempts : null,
      on: [...this.#on],
      repeats: this.#attempts > 1 && fits && this.#maySendTwice(exchange),
      perTryTimeoutMs: this.perTryTimeoutMs,
      budget: this.#pool.retryBudget.left,
    }
  }

  /** Milliseconds until the next attempt; `null` for none. */
  afterFailure(journey: Journey, failure: EdgeError, replying: boolean): number | null {
    const { body } = journey.exchange
    const condition = replying && failure.code === 'ERR_EDGE_UPSTREAM_RESET' ? undefined : CONDITION_OF[failure.code]
    if (condition === undefined || !this.#allows(journey, condition)) return null
    if (condition === 'conn-failure') {
      if (body.kind === 'stream' && !body.untouched) return null
      // Another endpoint has not been asked yet: nothing to wait for, and no load that anybody would feel.
      if (this.#pool.hasOther(journey.tried)) return 0
      // RFC 9113 §8.7: what was refused is sent once more, not for as long as it is refused.
      if (this.#cautious && journey.deaths > 1) return null
      return this.mustGoElsewhere(journey) || !this.#pool.retryBudget.withdraw() ? null : this.#backoff(journey)
    }
    return this.#mayRepeat(journey) ? this.#backoff(journey) : null
  }

  /** The same of a reply whose status may be one to try again. */
  afterReply(journey: Journey, endpoint: Endpoint, { status, headers }: Reply): number | null {
    if (!this.#on.has(status)) return null
    journey.hasTried(endpoint)
    if (!this.#allows(journey, status)) return null
    const asked = retryAfterMs(headers['retry-after'])
    if (asked > this.#maxRetryAfterMs || !this.#mayRepeat(journey)) return null
    return Math.max(asked, this.#backoff(journey))
  }

  /** Whether an endpoint that has failed this request is out of the question even when no other is left. */
  mustGoElsewhere({ deaths }: Journey): boolean {
    // A connection that died says nothing of a fresh one to the same endpoint.
    return this.#otherOnly || (this.#cautious && deaths === 0)
  }

  #allows(journey: Journey, condition: RetryCondition): boolean {
    if (journey.stopped !== null || journey.attempts >= this.#attempts || !this.#on.has(condition)) return false
    return !(this.#otherOnly && !this.#pool.hasOther(journey.tried))
  }

  /** Whether what may have been acted upon may be sent again: asked last, as it spends from the budget. */
  #mayRepeat({ exchange, deaths }: Journey): boolean {
    const { body, upgrade } = exchange
    if (upgrade !== null || body.kind === 'stream' || body.length > this.#bodyLimit) return false
    return !(this.#cautious && deaths > 1) && this.#maySendTwice(exchange) && this.#pool.retryBudget.withdraw()
  }

  #maySendTwice({ method, headers }: Exchange): boolean {
    return this.#methods.has(method) || (this.#idempotencyKey && headers['idempotency-key'] !== undefined)
  }

  /** Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
  #backoff({ attempts }: Journey): number {
    return this.#random() * Math.min(this.#maxBackoffMs, this.#backoffMs * 2 ** (attempts - 1))
  }
}
