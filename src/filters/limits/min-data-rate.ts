import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import { type DenialOptions, denier } from '../denial.js'
import { type DataRate, watchDownload, watchUpload } from './data-rate.js'
import type { RateClock } from './rate-watch.js'

export interface MinDataRateOptions extends DenialOptions {
  /** Bytes a second that a client must send of its body while it is waited for. 0 is no limit. @default 500 (Apache `MinRate`) */
  readonly uploadBytesPerSecond?: number | undefined
  /** Bytes a second that a client must read of a reply while it is waited for. 0 is no limit. @default 500 */
  readonly downloadBytesPerSecond?: number | undefined
  /** How far a client may fall behind before it is cut off. @default 20000 (Apache `RequestReadTimeout body=20`) */
  readonly graceMs?: Milliseconds | undefined
  /** Reads a clock. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Timers. @default real time */
  readonly clock?: Clock | undefined
}

/**
 * Cuts slow clients off, who hold connections, upstreams and memory by sending or reading next to nothing (H-028, H-093, H-094): as
 * Apache's `mod_reqtimeout` with MinRate, or Kestrel's minimum data rates.
 *
 * An upload that is too slow gets a 408, and its upstream request is broken off. A reply that is read too slowly is broken off. Time in
 * which the upstream is what everybody waits for does not count, nor does what the system's buffers swallow. It goes through bodies, so
 * it can't stand in front of `handOver()`; heads that come slowly are {@link hardenServer}'s.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const gateway = createGateway({ filters: [minDataRate({ uploadBytesPerSecond: 1_000 })], routes })
 * ```
 */
export function minDataRate(options: MinDataRateOptions = {}): Filter {
  const rate = check.whole(0, 2 ** 40)
  checkOptions('minDataRate', options, {
    uploadBytesPerSecond: rate,
    downloadBytesPerSecond: rate,
    graceMs: check.duration,
    now: check.function,
    clock: check.object,
    events: check.object,
  })
  const { uploadBytesPerSecond: up = 500, downloadBytesPerSecond: down = 500, graceMs = 20_000, events } = options
  const clock: RateClock = { now: options.now ?? (() => performance.now()), timers: options.clock ?? realClock }
  const upload: DataRate = { bytesPerSecond: up, graceMs, clock, deny: denier('minDataRate', 408, events) }
  const download: DataRate = { bytesPerSecond: down, graceMs, clock, deny: denier('minDataRate', 499, events) }
  return defineFilter(
    {
      filterName: 'minDataRate',
      stage: 'guard',
      needsReplyBody: true,
      explain: () => ({
        verdict: 'depends',
        about: 'reply',
        why: `clients that send less than ${up} or read less than ${down} bytes a second are cut off`,
      }),
    },
    (exchange, next) => {
      const { body } = exchange
      // Within the upload's watch: who is answered for not sending is not watched while reading that.
      const answer: PlainHandler =
        down === 0 ? next : (given) => next(given).then((reply) => watchDownload(exchange, reply, download))
      return up > 0 && body.kind === 'stream' && body.failure === null
        ? watchUpload(exchange, body, answer, upload)
        : answer(exchange)
    },
  )
}
