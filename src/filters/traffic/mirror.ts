import { tee } from '../../body-tools.js'
import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { DetachedExchange, Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type Handler, lifeOf } from '../../filter.js'
import { withoutKeptCredentials } from '../../forwarding/kept-credentials.js'
import type { Milliseconds } from '../../options.js'
import { discard, notAReply, type Reply } from '../../reply.js'
import { Comparing } from './comparing.js'
import { checkMirrorOptions, type MirrorOptions } from './mirror-options.js'

/**
 * Sends a copy of requests somewhere else, too, and lets go of what comes back: a new version sees real traffic and answers nobody, as
 * NGINX's `mirror` and the Gateway API's RequestMirror.
 *
 * A copy never delays the request, nor fails it (H-120): it begins when the request does, reads the body as it passes and is given up when
 * it lags too far behind, when it takes too long, or when too many are under way. It outlives a client that leaves. Upgrades are not copied.
 * A copied POST is a second POST: mind what the far side does with it.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const shadow = mirror({ to: forward({ pool: candidate }), percent: 10, compare: ({ main, mirrored }) => record(main.status, mirrored.status) })
 * ```
 */
export function mirror(options: MirrorOptions): Filter {
  checkMirrorOptions(options)
  const { to, percent = 100, when, maxInFlight = 100, maxLagBytes = 1_048_576, timeoutMs = 10_000 } = options
  const { compare, maxCompareBytes = 65_536, random = Math.random, events = sharedEvents } = options
  const copies = new Copies(to, timeoutMs, events)
  const life = lifeOf(to)
  const wants = (exchange: Exchange): boolean =>
    exchange.upgrade === null && (when === undefined || when(exchange)) && random() * 100 < percent
  return defineFilter(
    {
      filterName: 'mirror',
      stage: 'shape',
      needsReplyBody: compare !== undefined,
      start: () => life.start(),
      close: async () => {
        copies.close()
        await life.close()
      },
      explain: ({ upgrade }) =>
        upgrade === null
          ? { verdict: 'depends', about: 'reply', why: `copies ${percent} % of requests` }
          : { verdict: 'pass', why: 'upgrades are not copied' },
    },
    (exchange, next) => {
      if (!wants(exchange)) return next(exchange)
      if (copies.size >= maxInFlight) {
        events.emit('mirror', { exchange, status: null, why: 'too many copies under way' })
        return next(exchange)
      }
      const [body, side] = tee(exchange.body, { limit: maxLagBytes })
      const answer = next(body === exchange.body ? exchange : exchange.with({ body }))
      if (compare === undefined) {
        copies.send(exchange, side, null)
        return answer
      }
      const comparing = new Comparing(exchange, compare, maxCompareBytes, events)
      copies.send(exchange, side, comparing)
      return comparing.main(answer)
    },
  )
}

/** The copies under way. */
class Copies {
  readonly #to: Handler
  readonly #timeoutMs: Milliseconds
  readonly #events: EventHub
  readonly #running = new Set<DetachedExchange>()

  constructor(to: Handler, timeoutMs: Milliseconds, events: EventHub) {
    this.#to = to
    this.#timeoutMs = timeoutMs
    this.#events = events
  }

  get size(): number {
    return this.#running.size
  }

  send(exchange: Exchange, body: Exchange['body'], comparing: Comparing | null): void {
    const detached = exchange.detach()
    this.#running.add(detached)
    const timer = setTimeout(
      () => detached.end(new EdgeError('ERR_EDGE_TOTAL_TIMEOUT', `a copy took more than ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    )
    const end = (): void => {
      clearTimeout(timer)
      this.#running.delete(detached)
      detached.end(OVER)
    }
    const fail = (error: Error): void => {
      if (body.kind === 'stream') body.cancel(error)
      if (this.#events.has('mirror'))
        this.#events.emit('mirror', { exchange, status: null, why: (error as Partial<EdgeError>).code ?? error.name })
      comparing?.failed(error)
      end()
    }
    const done = (reply: Reply): void => {
      const wrong = notAReply(reply)
      if (wrong !== null) throw wrong
      if (this.#events.has('mirror')) this.#events.emit('mirror', { exchange, status: reply.status, why: 'answered' })
      if (reply.body.kind === 'stream') reply.body.onClose(end)
      else end()
      if (comparing === null) discard(reply)
      else comparing.mirrored(reply)
    }
    const copied = detached.with({ method: exchange.method, wire: exchange.wire, headers: exchange.headers, body })
    // Where it goes may be somebody else's (H-135).
    const copy = withoutKeptCredentials(copied)
    // What a handler throws at once must be as harmless as what it rejects with.
    new Promise<Reply>((resolve) => resolve(this.#to(copy))).then(done).catch(fail)
  }

  close(): void {
    for (const running of [...this.#running]) running.end(new EdgeError('ERR_EDGE_CLOSING', 'the mirror is closing'))
  }
}

const OVER = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the copy is over')
