import { type Body, bytesBody, emptyBody } from '../../../body.js'
import { recorded } from '../../../body-tools.js'
import { EdgeError } from '../../../errors.js'
import { events } from '../../../events.js'
import type { DetachedExchange, Exchange } from '../../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../../filter.js'
import { toHeaders } from '../../../http/header-map.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../../options.js'
import { problem } from '../../../problem.js'
import { errorReply, type Reply } from '../../../reply.js'
import { withWholeBody } from '../../../whole-body.js'
import { fingerprintOf, idOf, readKey, scopeOf } from './key.js'
import { memoryIdempotencyStore } from './memory-store.js'
import type { IdempotencyStore, KeptReply, KnownRequest } from './store.js'

export interface IdempotencyOptions {
  /** Where replies are kept, and which requests are under way. @default memoryIdempotencyStore() */
  readonly store?: IdempotencyStore | undefined
  /** Field that carries the key. @default 'idempotency-key' */
  readonly header?: string | undefined
  /** Methods that the key means something for. @default POST and PATCH */
  readonly methods?: readonly string[] | undefined
  /** Whether a request without a key is a 400. @default false */
  readonly required?: boolean | undefined
  /** How long a reply is given again. @default 24 hours */
  readonly keepMs?: Milliseconds | undefined
  /** After how long a request that was begun and never ended, because its process died, may be asked again. @default 5 minutes */
  readonly runMs?: Milliseconds | undefined
  /** Bodies of requests, which are read whole; a longer one is a 413. @default 1 MiB */
  readonly maxBodyBytes?: Bytes | undefined
  /** Bodies of replies; a longer one passes, and can't be given again. @default 1 MiB */
  readonly maxReplyBytes?: Bytes | undefined
  /** Whose keys a key is among. @default the principal, else the Authorization field */
  readonly scope?: ((exchange: Exchange) => string) | undefined
  /** Which replies are kept: after any other the key can be used again. @default all but 401, 403, 408, 409, 425, 429 and 503 */
  readonly keepStatus?: ((status: number) => boolean) | undefined
}

const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 409, 425, 429, 503])
const OVER = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the reply is out')

/**
 * Carries out a request with an `Idempotency-Key` once, however often it is sent: what it was answered first is answered again, with
 * `Idempotency-Replayed: true` (draft-ietf-httpapi-idempotency-key-header; Stripe's rules).
 *
 * A second request while the first is under way is a 409, the same key with another request a 422. The first goes on when its client leaves, since that
 * client will ask again. Failures are kept, too, 502 and 504 among them: nobody knows whether the upstream has acted. Those after which it can't have,
 * as a refused connection, are not. Replies are kept as they are, cookies included, and given only within their scope.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; when asked, `ERR_EDGE_STORE` (503) from a store that is not there: better not at all than twice.
 * @example
 * ```ts
 * const routes = [{ path: '/payments', filters: [jwt({ jwksUri }), idempotency({ required: true })], handler: forward({ pool }) }]
 * ```
 */
export function idempotency(options: IdempotencyOptions = {}): Filter {
  checkOptions('idempotency', options, {
    store: (value) => (typeof (value as IdempotencyStore)?.begin === 'function' ? undefined : 'an idempotency store'),
    header: check.string,
    methods: check.strings,
    required: check.boolean,
    keepMs: check.duration,
    runMs: check.duration,
    maxBodyBytes: check.whole(1, 268_435_456),
    maxReplyBytes: check.whole(1, 268_435_456),
    scope: check.function,
    keepStatus: check.function,
  })
  if (options.methods?.length === 0) throw optionError('idempotency', 'methods', options.methods, 'at least one method')
  const once = new Once(options)
  return defineFilter(
    {
      filterName: 'idempotency',
      stage: 'store',
      needsReplyBody: true,
      explain: (exchange) => {
        if (!once.concerns(exchange)) return { verdict: 'pass', why: 'the key means nothing here' }
        return once.keyOf(exchange) === null
          ? { verdict: 'deny', why: 'it has no key, or a malformed one', status: 400 }
          : { verdict: 'depends', why: 'would look up its key' }
      },
    },
    (exchange, next) => (once.concerns(exchange) ? once.answer(exchange, next) : next(exchange)),
  )
}

class Once {
  readonly #store: IdempotencyStore
  readonly #header: string
  readonly #methods: ReadonlySet<string>
  readonly #options: IdempotencyOptions
  readonly #keeps: (status: number) => boolean

  constructor(options: IdempotencyOptions) {
    this.#options = options
    this.#store = options.store ?? memoryIdempotencyStore()
    this.#header = (options.header ?? 'idempotency-key').toLowerCase()
    this.#methods = new Set(options.methods ?? ['POST', 'PATCH'])
    this.#keeps = options.keepStatus ?? ((status) => !PASSING.has(status))
  }

  concerns({ method, headers, upgrade }: Exchange): boolean {
    if (upgrade !== null || !this.#methods.has(method)) return false
    return this.#options.required === true || headers[this.#header] !== undefined
  }

  /** `null` for none, or one that is malformed. */
  keyOf({ headers }: Exchange): string | null {
    const field = headers[this.#header]
    return typeof field === 'string' ? readKey(field) : null
  }

  async answer(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const key = this.keyOf(exchange)
    if (key === null) {
      const detail =
        exchange.headers[this.#header] === undefined
          ? `This request needs ${this.#header}.`
          : `${this.#header} is malformed.`
      return problem({ status: 400, title: 'No idempotency key', detail })
    }
    const { maxBodyBytes = 1_048_576, runMs = 300_000, scope = scopeOf } = this.#options
    const asked = await withWholeBody(exchange, maxBodyBytes)
    const id = idOf(scope(exchange), key)
    const fingerprint = fingerprintOf(asked)
    const known = await this.#store.begin(id, fingerprint, runMs)
    if (known !== null) return again(known, fingerprint)
    const detached = exchange.detach()
    const { method, wire, headers, params, body } = asked
    try {
      const reply = await next(detached.with({ method, wire, headers, params, body }))
      if (!this.#keeps(reply.status)) {
        await this.#note(id, fingerprint, null)
        return endedBy(reply, detached)
      }
      const kept = { ...reply, body: await recorded(reply.body, this.#options.maxReplyBytes ?? 1_048_576) }
      await this.#note(id, fingerprint, kept)
      return endedBy(kept, detached)
    } catch (error) {
      // What can't have been acted upon may be asked again; anything else counts as done.
      const counts = error instanceof EdgeError && !error.retryable && this.#keeps(error.status)
      await this.#note(id, fingerprint, counts ? errorReply(error) : null)
      detached.end(OVER)
      throw error
    }
  }

  /**
   * Keeps what came of a request; `null` for nothing. A store that fails now changes neither that nor what the client is told: the request stays
   * one that is under way until `runMs` are over, so that it is not carried out again.
   */
  async #note(id: string, fingerprint: string, reply: Reply | null): Promise<void> {
    try {
      if (reply === null) return await this.#store.abandon(id)
      const { status, headers, body } = reply
      const kept: KeptReply = { status, headers: { ...headers } as KeptReply['headers'], body: wholeBody(body) }
      await this.#store.finish(id, fingerprint, kept, this.#options.keepMs ?? 86_400_000)
    } catch (error) {
      // A store over a connection tells of it itself.
      if (!(error instanceof EdgeError)) events.emit('fault', { where: 'store of idempotency', error })
    }
  }
}

function wholeBody(body: Body): Uint8Array | null {
  if (body.kind === 'stream') return null
  return body.kind === 'empty' ? new Uint8Array(0) : body.bytes
}

function endedBy(reply: Reply, detached: DetachedExchange): Reply {
  if (reply.body.kind === 'stream') reply.body.onClose(() => detached.end(OVER))
  else detached.end(OVER)
  return reply
}

function again({ fingerprint, reply }: KnownRequest, asked: string): Reply {
  if (fingerprint !== asked)
    return problem({ status: 422, title: 'Key used before', detail: 'This key came with another request.' })
  if (reply === null)
    return problem(
      { status: 409, title: 'Under way', detail: 'This request is being carried out.' },
      { 'retry-after': 1 },
    )
  if (reply.body === null)
    return problem({
      status: 409,
      title: 'Done',
      detail: 'This request was carried out; its reply was too long to keep.',
    })
  const headers = toHeaders({ ...reply.headers, 'idempotency-replayed': 'true' })
  return { status: reply.status, headers, body: reply.body.byteLength === 0 ? emptyBody : bytesBody(reply.body) }
}
