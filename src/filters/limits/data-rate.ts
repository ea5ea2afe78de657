import type { StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler } from '../../filter.js'
import type { Milliseconds } from '../../options.js'
import type { Reply } from '../../reply.js'
import type { Deny } from '../denial.js'
import { cutOff } from './cut-off.js'
import { type RateClock, RateWatch } from './rate-watch.js'
import { orDenied, type WatchedBody, watched } from './watched-body.js'

/** What a client has to keep up with, in one direction. */
export interface DataRate {
  readonly bytesPerSecond: number
  readonly graceMs: Milliseconds
  readonly clock: RateClock
  readonly deny: Deny
}

/** Goes on with an upload that is broken off, and answered with 408, when the client does not keep up. */
export function watchUpload(exchange: Exchange, body: StreamBody, next: PlainHandler, rate: DataRate): Promise<Reply> {
  const why = `the client sends less than ${rate.bytesPerSecond} bytes a second`
  let denial: Reply | null = null
  const watch = new RateWatch(rate.bytesPerSecond, rate.graceMs, rate.clock, () => {
    denial = rate.deny(exchange, why)
    upload.break(new EdgeError('ERR_EDGE_REQUEST_TIMEOUT', why))
  })
  const upload: WatchedBody = watched(body, {
    wait: () => watch.wait(),
    rest: () => watch.rest(),
    chunk: (bytes) => {
      watch.moved(bytes)
      return null
    },
    closed: () => watch.close(),
  })
  return orDenied(next, exchange.with({ body: upload.body }), () => denial)
}

/** Breaks a reply off when the client does not keep up, up to its last byte. */
export function watchDownload(exchange: Exchange, reply: Reply, rate: DataRate): Reply {
  if (reply.tunnel !== undefined) return reply
  const watch = new RateWatch(rate.bytesPerSecond, rate.graceMs, rate.clock, () => {
    const why = `the client reads less than ${rate.bytesPerSecond} bytes a second`
    rate.deny(exchange, why)
    const error = new EdgeError('ERR_EDGE_CLIENT_STALLED', why)
    exchange.noteFailure(error)
    if (download === null || download.body.ended) cutOff(exchange)
    else download.break(error)
  })
  exchange.onSettled(() => watch.close())
  const { body } = reply
  let download: WatchedBody | null = null
  // What is whole already leaves in one write; the client has its time to take all of it.
  if (body.kind !== 'stream' || body.ended || body.received === body.length) {
    watch.wait(body.kind === 'stream' ? body.received : body.length)
    return reply
  }
  let unread = 0
  download = watched(body, {
    wait: () => {
      watch.rest()
      unread = 0
    },
    rest: () => watch.wait(unread),
    chunk: (bytes) => {
      unread += bytes
      return null
    },
    closed: () => watch.wait(unread),
  })
  return { ...reply, body: download.body }
}
