import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { Transport } from '../transport.js'
import { Http1Attempt } from './attempt.js'
import { Connections } from './connections.js'

export interface Http1Options {
  /** Idle time after which a connection is closed; must be shorter than the upstream's own. @default 4000 */
  readonly keepAliveMs?: Milliseconds | undefined
  /** Age past which a connection takes no further request. @default 300000 */
  readonly maxConnectionAgeMs?: Milliseconds | undefined
  /**
   * A reply whose Transfer-Encoding is not `chunked`: a 502 (H-105); or, for an upstream that names codings it does not use, read to the
   * end of its connection (RFC 9112 §6.3) and passed on as it comes. @default 'refuse'
   */
  readonly unknownTransferCoding?: 'refuse' | 'pass' | undefined
}

/**
 * The default transport: HTTP/1.1 on sockets of our own, one request at a time on each. It reads replies as strictly as RFC 9112 can be
 * read, and costs about half of what undici does.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const handler = forward({ pool, transport: http1({ keepAliveMs: 55_000 }) })
 * ```
 */
export function http1(options: Http1Options = {}): Transport {
  checkOptions('http1', options, {
    keepAliveMs: check.duration,
    maxConnectionAgeMs: check.duration,
    unknownTransferCoding: check.oneOf('refuse', 'pass'),
  })
  const keepAlive = { keepAliveMs: options.keepAliveMs ?? 4_000, maxAgeMs: options.maxConnectionAgeMs ?? 300_000 }
  const lenient = options.unknownTransferCoding === 'pass'
  const kind = `http1 ${JSON.stringify(keepAlive)}`
  const open = (endpoint: Endpoint): Connections => new Connections(endpoint, keepAlive)
  return (exchange, attempt) => {
    const connections = attempt.endpoint.own(kind, open)
    const connection = connections.take(attempt.freshConnection, attempt.progress.times.startedAt)
    return new Promise((resolve, reject) =>
      new Http1Attempt(exchange, attempt, connection, lenient, resolve, reject).start(),
    )
  }
}
