import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { discard, type Reply } from '../../reply.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import { type DenialOptions, type Deny, denier } from '../denial.js'
import { cutOff } from './cut-off.js'
import { type WatchedBody, watched } from './watched-body.js'

export interface DeadlineOptions extends DenialOptions {
  /** From here to the last byte of the reply. */
  readonly totalMs: Milliseconds
  /** Timers. @default real time */
  readonly clock?: Clock | undefined
}

/**
 * Limits how long an exchange may take in all, whatever answers it: bodies, retries and waiting in a queue included.
 *
 * What is not answered by then gets a 504, or, if the client is still sending what the handler waits for, a 408. A reply under way is
 * broken off, so that nobody takes it for whole. Either way the exchange's signal aborts: attempts at upstreams end with it, and
 * handlers of yours can listen. One that does not is left alone, and what it comes back with is let go of. A WebSocket has to be open
 * by then; how long it stays so is none of this.
 *
 * Behind `handOver()` a late reply of the framework's is cut off, since only the framework could answer instead.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const reports = { path: '/reports/**', filters: [deadline({ totalMs: 30_000 })], handler: forward({ pool }) }
 * ```
 */
export function deadline(options: DeadlineOptions): Filter {
  checkOptions('deadline', options, { totalMs: check.duration, clock: check.object, events: check.object })
  const { totalMs, clock = realClock, events } = options
  if (totalMs === undefined) throw optionError('deadline', 'totalMs', undefined, check.duration(undefined)!)
  const slowClient = denier('deadline', 408, events)
  return defineFilter(
    {
      filterName: 'deadline',
      stage: 'guard',
      explain: () => ({ verdict: 'depends', about: 'reply', why: `ended after ${totalMs} ms` }),
    },
    (exchange, next) => new Deadline(exchange, totalMs, clock, slowClient).run(next),
  )
}

class Deadline {
  readonly #exchange: Exchange
  readonly #totalMs: Milliseconds
  readonly #clock: Clock
  readonly #slowClient: Deny
  #state: 'waiting' | 'answered' | 'expired' = 'waiting'
  #reply: WatchedBody | null = null

  constructor(exchange: Exchange, totalMs: Milliseconds, clock: Clock, slowClient: Deny) {
    this.#exchange = exchange
    this.#totalMs = totalMs
    this.#clock = clock
    this.#slowClient = slowClient
  }

  run(next: PlainHandler): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#expire(resolve, reject), this.#totalMs)
      const stop = (): void => this.#clock.clearTimeout(timer)
      this.#exchange.onSettled(stop)
      next(this.#exchange).then(
        (reply) => {
          if (this.#state === 'expired') return discard(reply)
          if (reply.tunnel !== undefined) stop()
          resolve(this.#answered(reply))
        },
        (error) => {
          if (this.#state !== 'expired') reject(error)
        },
      )
    })
  }

  #answered(reply: Reply): Reply {
    this.#state = 'answered'
    const { body } = reply
    // What has come whole needs nobody to break it off, and leaves in one write.
    if (body.kind !== 'stream' || body.ended || body.received === body.length) return reply
    this.#reply = watched(body, { chunk: () => null })
    return { ...reply, body: this.#reply.body }
  }

  #expire(resolve: (reply: Reply) => void, reject: (error: EdgeError) => void): void {
    const exchange = this.#exchange
    const waiting = this.#state === 'waiting'
    const uploading = waiting && isUploading(exchange)
    this.#state = 'expired'
    const text = `not done within ${this.#totalMs} ms`
    const error = new EdgeError(uploading ? 'ERR_EDGE_REQUEST_TIMEOUT' : 'ERR_EDGE_TOTAL_TIMEOUT', text)
    if (uploading) resolve(this.#slowClient(exchange, text))
    else if (waiting) reject(error)
    exchange.cancel.abort(error)
    if (waiting) return
    if (this.#reply !== null && !this.#reply.body.ended) this.#reply.break(error)
    else cutOff(exchange)
  }
}

/** Whether the handler wants more of the request than the client has sent. */
function isUploading({ body, raw }: Exchange): boolean {
  return body.kind === 'stream' && !body.untouched && !body.ended && !raw.isPaused()
}
