import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import { http1 } from '../http1/transport.js'
import type { Transport } from '../transport.js'
import { Http2Attempt } from './attempt.js'
import { Sessions } from './sessions.js'

export interface Http2Options {
  /** Whether an `https:` endpoint may choose HTTP/1.1 instead (ALPN); its requests then go through {@link http1}. @default true */
  readonly allowHttp1?: boolean | undefined
  /** Connections to one endpoint that take requests. @default 4 */
  readonly maxSessions?: number | undefined
  /** Requests on one connection at once; an upstream's SETTINGS may say less. @default 100 (RFC 9113 §6.5.2) */
  readonly maxConcurrentStreams?: number | undefined
  /** Idle time after which a connection is closed. @default 60000 (NGINX `keepalive_timeout` of an upstream) */
  readonly keepAliveMs?: Milliseconds | undefined
  /** Age past which a connection takes no further request; also how long an endpoint's choice of HTTP/1.1 is remembered. @default 300000 */
  readonly maxConnectionAgeMs?: Milliseconds | undefined
  /** Between two PINGs on a connection that carries requests; gRPC servers take one in 300000. 0 is never. @default 0 */
  readonly pingIntervalMs?: Milliseconds | undefined
  /** How long an answer to a PING may take before the connection is given up. @default 20000 (gRPC keepalive) */
  readonly pingTimeoutMs?: Milliseconds | undefined
}

/**
 * The third transport: HTTP/2 to the upstream, many requests on one connection, both bodies flowing at once. What gRPC needs.
 *
 * `https:` endpoints choose by ALPN; `http:` and `unix:` ones are spoken to in HTTP/2 from the first byte (prior knowledge,
 * RFC 9113 §3.3: `h2c`). Upgrades (WebSocket) go on through HTTP/1.1. Built on `node:http2` and not on undici's HTTP/2, which sends
 * a refused request again by itself, past the pool's retry budget and its choice of an endpoint.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const pool = createPool({ name: 'greeter', endpoints: ['http://10.0.0.1:50051', 'http://10.0.0.2:50051'] })
 * const greeter = forward({ pool, transport: http2(), firstByteTimeoutMs: 0, idleTimeoutMs: 0 })
 * ```
 */
export function http2(options: Http2Options = {}): Transport {
  checkOptions('http2', options, {
    allowHttp1: check.boolean,
    maxSessions: check.whole(1, 1_000),
    maxConcurrentStreams: check.whole(1, 2 ** 31 - 1),
    keepAliveMs: check.duration,
    maxConnectionAgeMs: check.duration,
    pingIntervalMs: check.durationOrOff,
    pingTimeoutMs: check.duration,
  })
  const given = {
    allowHttp1: options.allowHttp1 ?? true,
    maxSessions: options.maxSessions ?? 4,
    maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
    keepAliveMs: options.keepAliveMs ?? 60_000,
    maxAgeMs: options.maxConnectionAgeMs ?? 300_000,
    pingIntervalMs: options.pingIntervalMs ?? 0,
    pingTimeoutMs: options.pingTimeoutMs ?? 20_000,
  }
  const kind = `http2 ${JSON.stringify(given)}`
  const open = (endpoint: Endpoint): Sessions => new Sessions(endpoint, given)
  const overHttp1 = http1({ maxConnectionAgeMs: given.maxAgeMs })
  return (exchange, attempt) => {
    const sessions = attempt.endpoint.own(kind, open)
    if (sessions.speaksHttp1(attempt.progress.times.startedAt)) return overHttp1(exchange, attempt)
    return new Promise((resolve, reject) => {
      const insteadOverHttp1 = (): void => resolve(overHttp1(exchange, attempt))
      new Http2Attempt(exchange, attempt, sessions, { resolve, reject, insteadOverHttp1 }).start()
    })
  }
}
