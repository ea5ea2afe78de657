import { compileRewrite, type Rewrite } from '../routing/rewrite.js'
import type { Pool } from '../upstream/pool.js'
import { type ForwardOptions, rulesOf } from './forward-options.js'
import { Hedger } from './hedge.js'
import { http1 } from './http1/transport.js'
import type { ReplyHeaderOptions } from './reply-headers.js'
import { makePseudonym, type RequestHeaderOptions } from './request-headers.js'
import { RetryPolicy } from './retry.js'
import type { AttemptTimeouts, Transport } from './transport.js'

/** The options of a forwarder, compiled: what forwards and what explains go by the same. */
export interface ForwardParts {
  readonly pool: Pool
  readonly transport: Transport
  readonly retry: RetryPolicy
  readonly hedger: Hedger | null
  readonly timeouts: AttemptTimeouts
  readonly handshakeTimeouts: AttemptTimeouts
  readonly totalMs: number
  readonly tunnelIdleMs: number
  readonly websocket: boolean
  readonly changeOrigin: boolean
  readonly trace: boolean
  readonly reserialize: boolean
  readonly rewrite: Rewrite | null
  readonly headers: RequestHeaderOptions
  readonly replyHeaders: ReplyHeaderOptions
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileForward(options: ForwardOptions): ForwardParts {
  const timeouts = {
    connectMs: options.connectTimeoutMs ?? 5_000,
    firstByteMs: options.firstByteTimeoutMs ?? 60_000,
    idleMs: options.idleTimeoutMs ?? 60_000,
  }
  const via = options.via ?? makePseudonym()
  return {
    pool: options.pool,
    transport: options.transport ?? http1(),
    retry: new RetryPolicy(options.retry, options.pool),
    hedger: options.hedge === undefined ? null : new Hedger(options.hedge, options.pool),
    timeouts,
    handshakeTimeouts: { ...timeouts, firstByteMs: options.handshakeTimeoutMs ?? 10_000 },
    totalMs: options.totalTimeoutMs ?? 0,
    tunnelIdleMs: options.tunnelIdleTimeoutMs ?? 3_600_000,
    websocket: options.websocket ?? true,
    changeOrigin: options.changeOrigin ?? false,
    trace: options.trace ?? false,
    reserialize: options.reserializeBody ?? false,
    rewrite: compileRewrite('forward', options.pathRewrite),
    headers: {
      via,
      forwarded: options.forwarded ?? 'x-forwarded',
      rules: rulesOf('request', options.requestHeaders),
    },
    replyHeaders: { via, rules: rulesOf('reply', options.replyHeaders) },
  }
}
