import type { Endpoint } from '../../upstream/endpoint.js'
import { compileKept, IdleConnections, type KeptOptions } from '../idle-connections.js'
import type { Transport } from '../transport.js'
import { Http1Attempt } from './attempt.js'
import { Connection } from './connection.js'

export interface Http1Options extends KeptOptions {}

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
  const { keepAlive, lenient } = compileKept('http1', options)
  const { keepAliveMs, maxAgeMs } = keepAlive
  const kind = `http1 ${JSON.stringify(keepAlive)}`
  const open = (endpoint: Endpoint): IdleConnections<Connection> =>
    new IdleConnections((idle) => new Connection(endpoint, keepAliveMs, idle), maxAgeMs)
  return (exchange, attempt) => {
    const connections = attempt.endpoint.own(kind, open)
    const connection = connections.take(attempt.freshConnection, attempt.progress.times.startedAt)
    return new Promise((resolve, reject) =>
      new Http1Attempt(exchange, attempt, connection, lenient, resolve, reject).start(),
    )
  }
}
