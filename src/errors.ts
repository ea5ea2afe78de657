const BRAND: unique symbol = Symbol.for('edgewise.error') as never

/** Who is to blame for a failure: the client, the upstream, or Edgewise and its configuration. */
export type ErrorSource = 'client' | 'upstream' | 'edge'

/** What every {@link EdgeError} tells besides its message. */
export interface EdgeErrorInfo {
  /** HTTP status the client is told; 499 is logged, never sent. */
  readonly status: number
  /** Who is to blame. */
  readonly source: ErrorSource
  /** Whether nothing of the request can have been acted upon, so that it may go to another endpoint whatever its method. @default false */
  readonly retryable?: boolean
}

export interface EdgeErrorOptions {
  /** The error behind it. @default none */
  readonly cause?: unknown
  /** Reply fields that belong to this failure, such as `retry-after`. @default none */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The one family of failures that Edgewise rejects with. Denials (401, 403, 413, 429) are replies, not errors.
 *
 * `instanceof EdgeError` holds across two copies of the package: the class is recognised by a brand.
 * Messages never carry header values or credentials; `cause` keeps the original error.
 * Each code has an anchor in `docs/errors.md`.
 *
 * @example
 * ```ts
 * import type { ErrorRequestHandler } from 'express'
 *
 * const logFailures: ErrorRequestHandler = (error, _req, _res, next) => {
 *   if (error instanceof EdgeError) logger.warn(error.code, error.source)
 *   next(error)
 * }
 * app.use(logFailures)
 * ```
 */
export class EdgeError extends Error {
  /** What has failed, as `ERR_EDGE_CONNECT`. */
  readonly code: EdgeErrorCode
  /** HTTP status the client is told; 499 is logged, never sent. */
  readonly status: number
  /** Who is to blame. */
  readonly source: ErrorSource
  /** Whether nothing of the request can have been acted upon, so that it may go to another endpoint whatever its method. */
  readonly retryable: boolean
  /** Reply fields that belong to this failure, as `retry-after`. */
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(code: EdgeErrorCode, message: string, options: EdgeErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    const info: EdgeErrorInfo = ERROR_TABLE[code]
    this.code = code
    this.status = info.status
    this.source = info.source
    this.retryable = info.retryable ?? false
    this.headers = options.headers
    Object.defineProperty(this, BRAND, { value: true })
  }

  override get name(): string {
    return 'EdgeError'
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

/** Stage × side, after YARP's `ForwarderError`: every code, the status it becomes, who is to blame, and whether another endpoint may be tried. */
export const ERROR_TABLE = {
  // construction
  ERR_EDGE_OPTION: { status: 500, source: 'edge' },
  ERR_EDGE_CONFIG: { status: 500, source: 'edge' },
  ERR_EDGE_FILTER_ORDER: { status: 500, source: 'edge' },
  ERR_EDGE_HAND_OVER: { status: 500, source: 'edge' },
  ERR_EDGE_BASE_MISMATCH: { status: 500, source: 'edge' },
  // the client's request
  ERR_EDGE_BAD_REQUEST: { status: 400, source: 'client' },
  ERR_EDGE_BAD_TARGET: { status: 400, source: 'client' },
  ERR_EDGE_TARGET_TOO_LONG: { status: 414, source: 'client' },
  ERR_EDGE_TOO_MANY_HEADERS: { status: 431, source: 'client' },
  ERR_EDGE_UNSUPPORTED_CODING: { status: 501, source: 'client' },
  ERR_EDGE_BODY_TOO_LARGE: { status: 413, source: 'client' },
  ERR_EDGE_REQUEST_TIMEOUT: { status: 408, source: 'client' },
  ERR_EDGE_CLIENT_CLOSED: { status: 499, source: 'client' },
  ERR_EDGE_CLIENT_STALLED: { status: 499, source: 'client' },
  ERR_EDGE_LOOP: { status: 508, source: 'client' },
  ERR_EDGE_DROPPED: { status: 403, source: 'edge' },
  // ourselves
  ERR_EDGE_BODY_USED: { status: 500, source: 'edge' },
  ERR_EDGE_BODY_CONSUMED: { status: 500, source: 'edge' },
  ERR_EDGE_BAD_VALUE: { status: 500, source: 'edge' },
  ERR_EDGE_CLOSING: { status: 503, source: 'edge' },
  ERR_EDGE_TOTAL_TIMEOUT: { status: 504, source: 'edge' },
  ERR_EDGE_HEDGE_LOST: { status: 503, source: 'edge' },
  ERR_EDGE_STORE: { status: 503, source: 'edge' },
  // finding out who asks
  ERR_EDGE_AUTH_SOURCE: { status: 503, source: 'upstream' },
  ERR_EDGE_VERIFIER: { status: 500, source: 'edge' },
  // choosing an endpoint
  ERR_EDGE_NO_ENDPOINT: { status: 503, source: 'upstream' },
  ERR_EDGE_QUEUE_FULL: { status: 503, source: 'edge' },
  ERR_EDGE_QUEUE_TIMEOUT: { status: 503, source: 'edge' },
  // connecting
  ERR_EDGE_CONNECT: { status: 502, source: 'upstream', retryable: true },
  ERR_EDGE_CONNECT_TIMEOUT: { status: 504, source: 'upstream', retryable: true },
  ERR_EDGE_TLS: { status: 502, source: 'upstream', retryable: true },
  // the upstream's reply
  ERR_EDGE_STREAM_REFUSED: { status: 503, source: 'upstream', retryable: true },
  ERR_EDGE_FIRST_BYTE_TIMEOUT: { status: 504, source: 'upstream' },
  ERR_EDGE_IDLE_TIMEOUT: { status: 504, source: 'upstream' },
  ERR_EDGE_UPSTREAM_RESET: { status: 502, source: 'upstream' },
  ERR_EDGE_BAD_REPLY: { status: 502, source: 'upstream' },
  ERR_EDGE_REPLY_TOO_LARGE: { status: 502, source: 'upstream' },
  ERR_EDGE_INVALID_REPLY: { status: 502, source: 'upstream' },
  // connections of the layer 4 balancer
  ERR_EDGE_PROXY_HEADER: { status: 400, source: 'client' },
  ERR_EDGE_CLIENT_HELLO: { status: 400, source: 'client' },
  ERR_EDGE_NO_ROUTE: { status: 404, source: 'client' },
  ERR_EDGE_CONNECTION_LIMIT: { status: 503, source: 'client' },
  // upgrades
  ERR_EDGE_UPGRADE: { status: 502, source: 'upstream' },
  ERR_EDGE_TUNNEL_LIMIT: { status: 503, source: 'edge' },
} as const

/** Every code an {@link EdgeError} can carry. */
export type EdgeErrorCode = keyof typeof ERROR_TABLE

/** Lets a caught value of any type be looked at as an error. */
export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value), { cause: value })
}

/** Reads `error.code` of Node's and undici's errors, or of their `cause`. */
export function errorCode(error: unknown): string {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown }
    if (typeof code === 'string') return code
    at = cause
  }
  return ''
}
