import { type Bytes, type Check, check, checkOptions, type Milliseconds } from '../options.js'

/** HAProxy's words of `retry-on`; a number is a status of the reply. */
export type RetryCondition =
  | 'conn-failure'
  | 'empty-response'
  | 'junk-response'
  | 'response-timeout'
  | 'all-retryable-errors'
  | number

/** When, how often and how soon a request that failed is tried again. */
export interface RetryOptions {
  /** Attempts in all, the first one included. @default 3 */
  readonly attempts?: number | undefined
  /**
   * What is tried again (HAProxy `retry-on`). `conn-failure`: nothing has left (refused, connect timeout, TLS), whatever the
   * method. `empty-response`: the connection ended before a reply. `junk-response`: no HTTP, or framing that is refused.
   * `response-timeout`: no first byte in time. Statuses: 401, 403, 404, 408, 425, 429, 500 to 504. `all-retryable-errors`: all
   * these words, with 500, 502, 503 and 504. @default conn-failure, empty-response
   */
  readonly on?: readonly RetryCondition[] | undefined
  /** Methods that may be sent twice. @default GET, HEAD, OPTIONS, TRACE, PUT, DELETE: idempotent (RFC 9110 §9.2.2) */
  readonly methods?: readonly string[] | undefined
  /** Whether a request with an Idempotency-Key field may be sent twice whatever its method. @default false */
  readonly idempotencyKey?: boolean | undefined
  /** From the start of an attempt to the head of its reply; longer is a `response-timeout`. 0 is no limit. @default 0 */
  readonly perTryTimeoutMs?: Milliseconds | undefined
  /** Longest wait before the second attempt, twice as long before each further one; drawn at random below that. @default 25 (Envoy) */
  readonly backoffMs?: Milliseconds | undefined
  /** Longest wait that the doubling comes to. @default 250 (Envoy) */
  readonly maxBackoffMs?: Milliseconds | undefined
  /** `prefer` goes back to an endpoint that has failed when no other is left; `require` never does. @default 'prefer' */
  readonly otherEndpoint?: 'prefer' | 'require' | undefined
  /** Longest Retry-After that is waited for; a reply that asks for more is passed on as it is. @default 1000 */
  readonly maxRetryAfterMs?: Milliseconds | undefined
  /** Bodies up to this size are kept whole before the first attempt, so that they can be sent again. @default 65536 */
  readonly bodyLimit?: Bytes | undefined
  /** Source of chance in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

const WORDS: readonly string[] = [
  'conn-failure',
  'empty-response',
  'junk-response',
  'response-timeout',
  'all-retryable-errors',
]
const STATUSES: readonly number[] = [401, 403, 404, 408, 425, 429, 500, 501, 502, 503, 504]

const conditions: Check = (value) =>
  Array.isArray(value) && value.every((each) => WORDS.includes(each) || STATUSES.includes(each))
    ? undefined
    : `an array of ${[...WORDS, ...STATUSES].join(', ')}`

/** Checks the `retry` option. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkRetry(factory: string, options: RetryOptions): void {
  checkOptions(factory, options, {
    attempts: check.whole(1, 100),
    on: conditions,
    methods: check.strings,
    idempotencyKey: check.boolean,
    perTryTimeoutMs: check.durationOrOff,
    backoffMs: check.durationOrOff,
    maxBackoffMs: check.durationOrOff,
    otherEndpoint: check.oneOf('prefer', 'require'),
    maxRetryAfterMs: check.durationOrOff,
    bodyLimit: check.whole(0, 64 * 1024 * 1024),
    random: check.function,
  })
}
