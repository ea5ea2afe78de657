import { LRUCache } from 'lru-cache'
import type { Body } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { subnetReader } from '../../http/subnet.js'
import { type Bytes, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import { PacedBody } from './paced-body.js'
import type { RateClock } from './rate-watch.js'
import { TokenBucket } from './token-bucket.js'

export interface BandwidthLimitOptions {
  /** The rate in the long run (NGINX `limit_rate`). */
  readonly bytesPerSecond: number
  /**
   * Bytes that may go at once, at first and after a pause (NGINX `limit_rate_after`). No less than 10 ms are worth, since timers are
   * not fine enough for that. @default a second's worth
   */
  readonly burstBytes?: Bytes | undefined
  /**
   * Who has the bandwidth: each request on its own (NGINX `limit_rate`), or all requests of a client together (HAProxy's shared
   * `bwlim`). A client is its address, of IPv6 its network. @default 'request'
   */
  readonly per?: 'request' | 'client' | undefined
  /** What is limited: replies, request bodies, or each of both to the full rate. @default 'download' */
  readonly direction?: 'download' | 'upload' | 'both' | undefined
  /** With `per: 'client'`: bits of an IPv6 address that make a client. @default 64 */
  readonly ipv6Prefix?: number | undefined
  /** With `per: 'client'`: clients that are remembered; of more, the one not seen for longest gets a new burst. @default 10000 */
  readonly maxClients?: number | undefined
  /** Reads a clock. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Timers. @default real time */
  readonly clock?: Clock | undefined
}

/** Bytes are asked for at least this often, and this many at most. */
const QUANTUM_MS = 100
const QUANTUM_BYTES = 64 * 1024

/**
 * Limits how fast bodies flow, by a token bucket: no more than `burstBytes` at once, and `bytesPerSecond` from then on. The sender is held
 * back meanwhile, an upstream as well as a client, so that nothing piles up here.
 *
 * It goes through bodies, so it can't stand in front of `handOver()`, and leaves WebSockets alone.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const downloads = bandwidthLimit({ bytesPerSecond: 1024 * 1024, burstBytes: 8 * 1024 * 1024, per: 'client' })
 * ```
 */
export function bandwidthLimit(options: BandwidthLimitOptions): Filter {
  const size = check.whole(1, 2 ** 40)
  checkOptions('bandwidthLimit', options, {
    bytesPerSecond: size,
    burstBytes: size,
    per: check.oneOf('request', 'client'),
    direction: check.oneOf('download', 'upload', 'both'),
    ipv6Prefix: check.whole(1, 128),
    maxClients: check.whole(1, 10_000_000),
    now: check.function,
    clock: check.object,
  })
  const { bytesPerSecond: rate, direction = 'download', now = () => performance.now() } = options
  if (rate === undefined) throw optionError('bandwidthLimit', 'bytesPerSecond', undefined, size(undefined)!)
  const burst = options.burstBytes ?? rate
  if (burst < rate / 100) throw optionError('bandwidthLimit', 'burstBytes', burst, `at least ${Math.ceil(rate / 100)}`)
  const clock: RateClock = { now, timers: options.clock ?? realClock }
  const quantum = Math.max(1, Math.min(burst, QUANTUM_BYTES, Math.floor((rate * QUANTUM_MS) / 1000)))
  const fresh = (): TokenBucket => new TokenBucket(rate, burst, now())
  const downloads = bucketsOf(options, fresh)
  const uploads = bucketsOf(options, fresh)

  const paced = (body: Body, buckets: (exchange: Exchange) => TokenBucket, exchange: Exchange): Body => {
    if (body.kind === 'empty' || (body.kind === 'stream' && body.failure !== null)) return body
    const bucket = buckets(exchange)
    // What is whole and fits goes as it is.
    const whole = body.kind === 'bytes' || body.ended
    const there = body.kind === 'bytes' ? body.length : body.received
    return whole && bucket.take(there, now()) ? body : new PacedBody(body, bucket, quantum, clock).body
  }

  return defineFilter(
    {
      filterName: 'bandwidthLimit',
      stage: 'shape',
      needsReplyBody: true,
      explain: () => ({ verdict: 'change', why: `bodies flow at ${rate} bytes a second, after a burst of ${burst}` }),
    },
    (exchange, next) => {
      const { body } = exchange
      // Bytes have been sent already.
      const given =
        direction === 'download' || body.kind !== 'stream'
          ? exchange
          : exchange.with({ body: paced(body, uploads, exchange) })
      if (direction === 'upload') return next(given)
      return next(given).then((reply) => {
        const slow = paced(reply.body, downloads, exchange)
        return slow === reply.body ? reply : { ...reply, body: slow }
      })
    },
  )
}

/** Finds the bucket that an exchange takes from. */
function bucketsOf(
  { per = 'request', ipv6Prefix = 64, maxClients = 10_000 }: BandwidthLimitOptions,
  fresh: () => TokenBucket,
): (exchange: Exchange) => TokenBucket {
  if (per === 'request') return fresh
  const subnetOf = subnetReader(ipv6Prefix)
  const buckets = new LRUCache<string, TokenBucket>({ max: maxClients })
  return ({ client }) => {
    // Peers on a Unix socket have no address to tell them apart by.
    if (client.address === '') return fresh()
    const key = subnetOf(client.address)
    const known = buckets.get(key)
    if (known !== undefined) return known
    const made = fresh()
    buckets.set(key, made)
    return made
  }
}
