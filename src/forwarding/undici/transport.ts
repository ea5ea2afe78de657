import { loadPackage } from '../../load-package.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { Transport } from '../transport.js'
import { UndiciAttempt } from './attempt.js'
import { Connections, type Undici } from './connections.js'

export interface UndiciOptions {
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
 * A transport for those who want undici's parser and its diagnostics: `dispatch()` under connections of our own (see
 * {@link Connections}). It costs about twice what {@link http1} does, and is loaded when first asked for.
 *
 * Known and not to be mended from here: an unasked `100 Continue` from an upstream is a 502, `Transfer-Encoding` in an
 * HTTP/1.0 reply passes, and a streamed request's head leaves with its first body byte.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function undici(options: UndiciOptions = {}): Transport {
  checkOptions('undici', options, {
    keepAliveMs: check.duration,
    maxConnectionAgeMs: check.duration,
    unknownTransferCoding: check.oneOf('refuse', 'pass'),
  })
  const keepAlive = { keepAliveMs: options.keepAliveMs ?? 4_000, maxAgeMs: options.maxConnectionAgeMs ?? 300_000 }
  const lenient = options.unknownTransferCoding === 'pass'
  const lib = loadPackage<Undici>('undici', 'undici')
  const kind = `undici ${JSON.stringify(keepAlive)}`
  const open = (endpoint: Endpoint): Connections => new Connections(lib, endpoint, keepAlive)
  return (exchange, attempt) => {
    const connections = attempt.endpoint.own(kind, open)
    const connection = connections.take(attempt.freshConnection, attempt.progress.times.startedAt)
    return new Promise((resolve, reject) =>
      new UndiciAttempt(exchange, attempt, connection, lenient, resolve, reject).start(),
    )
  }
}
