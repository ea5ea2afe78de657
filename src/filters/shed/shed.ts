import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import type { Reply } from '../../reply.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import { denier } from '../denial.js'
import { type Loop, realLoop } from './loop.js'
import { LoopQueue } from './loop-queue.js'
import { ownFigures, Pressure, type ProcessFigures } from './pressure.js'
import { type Rank, THRESHOLDS } from './priority.js'
import { readShedOptions, type ShedOptions } from './shed-options.js'
import { Spell } from './spell.js'
import { Watch } from './watch.js'

/** A filter that protects the process it runs in. */
export interface Shed extends Filter {
  /** Requests behind it. */
  readonly inFlight: number
  /** Whether an overload is going on: something has been shed within the last second. */
  readonly shedding: boolean
}

/**
 * Makes the filter that protects this process from more than it can do, as Envoy's overload manager or `@fastify/under-pressure`: what is
 * too much is answered at once, by 503 with Retry-After and before any of its body is read, so that the rest is served as fast as ever.
 * It stands first in a chain.
 *
 * By default it watches the queue in front of the event loop. When the loop has not been idle for 100 ms, a turn of it takes in new
 * requests for `maxQueuedMs` only, twice as long for `high` ones and half as long for `low` ones, and no more of them than keep turns
 * below twice that; what is let in waits for little more than two turns. Where a priority goes short, those below get less from then
 * on. An `overload` event tells when shedding begins, and when it is over.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const gateway = createGateway({
 *   filters: [shed({ maxInFlight: 2_000, maxHeapShare: 0.9, exempt: ['/healthz'] })],
 *   routes,
 * })
 * ```
 */
export function shed(options: ShedOptions = {}): Shed {
  return shedWith(options, realLoop, realClock, ownFigures)
}

/** @internal {@link shed}, with what it watches given. */
export function shedWith(options: ShedOptions, loop: Loop, clock: Clock, figures: ProcessFigures): Shed {
  const { maxInFlight, maxQueuedMs, rankOf, isExempt, headers, ...limits } = readShedOptions(options)
  const deny = denier('shed', 503, options.events, headers)
  const most = THRESHOLDS.map((share) => Math.ceil(maxInFlight * share))
  const queue = maxQueuedMs === 0 ? null : new LoopQueue(maxQueuedMs, loop)
  const pressure = new Pressure(limits, figures)
  const spell = new Spell(options.events)
  const watch = new Watch(
    (lateMs) => {
      pressure.sample(lateMs)
      spell.tick()
    },
    clock,
    loop.now,
  )
  const connections = new WeakSet<object>()
  const isFirst = ({ raw }: Exchange): boolean => {
    // A connection of HTTP/2 carries many.
    if ('stream' in raw || connections.has(raw.socket)) return false
    connections.add(raw.socket)
    return true
  }
  let inFlight = 0
  const release = (): void => {
    inFlight--
  }
  /** What speaks against one more, but for the queue. */
  const excess = (rank: Rank): string | null => {
    if (rank < pressure.level) return pressure.why
    return inFlight >= most[rank]! ? 'too many requests are in flight' : null
  }
  const filter = defineFilter(
    {
      filterName: 'shed',
      stage: 'guard',
      start: async () => watch.start(),
      close: async () => {
        if (watch.stop()) spell.end('closed')
      },
      explain(exchange) {
        if (isExempt(exchange)) return { verdict: 'pass', why: 'exempt' }
        const why = excess(rankOf(exchange))
        if (why !== null) return { verdict: 'deny', why, status: deny.status }
        return queue?.standing === true
          ? { verdict: 'depends', why: 'there is a queue in front of the event loop' }
          : { verdict: 'pass', why: 'there is room' }
      },
    },
    (exchange, next) => {
      if (isExempt(exchange)) return next(exchange)
      const rank = rankOf(exchange)
      const why =
        excess(rank) ??
        (queue?.admits(rank, isFirst(exchange)) === false ? 'the queue in front of the event loop is too long' : null)
      if (why !== null) {
        spell.shed(why)
        return Promise.resolve(deny(exchange, why))
      }
      inFlight++
      if (exchange.upgrade !== null) return untilAnswered(exchange, next, release)
      exchange.onSettled(release)
      return next(exchange)
    },
  )
  return Object.defineProperties(filter, {
    inFlight: { get: () => inFlight },
    shedding: { get: () => spell.on },
  }) as Shed
}

/** A WebSocket may last for days, and is no request any more once it is open. */
async function untilAnswered(exchange: Exchange, next: PlainHandler, release: () => void): Promise<Reply> {
  try {
    return await next(exchange)
  } finally {
    release()
  }
}
