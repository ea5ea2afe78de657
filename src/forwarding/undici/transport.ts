import { loadPackage } from '../../load-package.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import { compileKept, IdleConnections, type KeptOptions } from '../idle-connections.js'
import type { Transport } from '../transport.js'
import { UndiciAttempt } from './attempt.js'
import { Connection, connector, type Undici } from './connection.js'

export interface UndiciOptions extends KeptOptions {}

/**
 * A transport for those who want undici's parser and its diagnostics: `dispatch()` under connections of our own: unlike
 * undici's `Pool` they have no queue. It costs about twice what {@link http1} does, and is loaded when first asked for.
 *
 * Known and not to be mended from here: an unasked `100 Continue` from an upstream is a 502, `Transfer-Encoding` in an
 * HTTP/1.0 reply passes, and a streamed request's head leaves with its first body byte.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const handler = forward({ pool, transport: undici() })
 * ```
 */
export function undici(options: UndiciOptions = {}): Transport {
  const { keepAlive, lenient } = compileKept('undici', options)
  const lib = loadPackage<Undici>('undici', 'undici')
  const kind = `undici ${JSON.stringify(keepAlive)}`
  const open = (endpoint: Endpoint): IdleConnections<Connection> => {
    const connect = connector(lib, endpoint)
    return new IdleConnections(
      (idle) => new Connection(lib, endpoint, connect, keepAlive.keepAliveMs, idle),
      keepAlive.maxAgeMs,
    )
  }
  return (exchange, attempt) => {
    const connections = attempt.endpoint.own(kind, open)
    const connection = connections.take(attempt.freshConnection, attempt.progress.times.startedAt)
    return new Promise((resolve, reject) =>
      new UndiciAttempt(exchange, attempt, connection, lenient, resolve, reject).start(),
    )
  }
}
