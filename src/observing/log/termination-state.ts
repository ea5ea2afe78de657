import type { EdgeErrorCode } from '../../errors.js'
import type { Outcome } from '../../outcome.js'

type Who = '-' | 'C' | 'c' | 'S' | 's' | 'P' | 'R' | 'I' | 'K'
type Where = 'R' | 'Q' | 'C' | 'H' | 'D'

const REFUSED = ['P', 'R'] as const
const BAD_REPLY = ['P'] as const
const INTERNAL = ['I'] as const

/** What each failure says of who ended an exchange, and of when, where that says more than the phase. */
const STATES: Readonly<Record<EdgeErrorCode, readonly [who: Who, where?: Where]>> = {
  ERR_EDGE_OPTION: INTERNAL,
  ERR_EDGE_CONFIG: INTERNAL,
  ERR_EDGE_FILTER_ORDER: INTERNAL,
  ERR_EDGE_HAND_OVER: INTERNAL,
  ERR_EDGE_BASE_MISMATCH: INTERNAL,
  ERR_EDGE_BAD_REQUEST: REFUSED,
  ERR_EDGE_BAD_TARGET: REFUSED,
  ERR_EDGE_TARGET_TOO_LONG: REFUSED,
  ERR_EDGE_TOO_MANY_HEADERS: REFUSED,
  ERR_EDGE_UNSUPPORTED_CODING: REFUSED,
  ERR_EDGE_BODY_TOO_LARGE: REFUSED,
  ERR_EDGE_REQUEST_TIMEOUT: ['c', 'R'],
  ERR_EDGE_CLIENT_CLOSED: ['C'],
  ERR_EDGE_CLIENT_STALLED: ['c'],
  ERR_EDGE_LOOP: REFUSED,
  ERR_EDGE_DROPPED: REFUSED,
  ERR_EDGE_BODY_USED: INTERNAL,
  ERR_EDGE_BODY_CONSUMED: INTERNAL,
  ERR_EDGE_BAD_VALUE: INTERNAL,
  ERR_EDGE_CLOSING: ['K'],
  ERR_EDGE_TOTAL_TIMEOUT: ['s'],
  ERR_EDGE_HEDGE_LOST: INTERNAL,
  ERR_EDGE_STORE: INTERNAL,
  ERR_EDGE_AUTH_SOURCE: ['S', 'R'],
  ERR_EDGE_VERIFIER: INTERNAL,
  ERR_EDGE_NO_ENDPOINT: ['S', 'C'],
  ERR_EDGE_QUEUE_FULL: ['R', 'Q'],
  ERR_EDGE_QUEUE_TIMEOUT: ['s', 'Q'],
  ERR_EDGE_CONNECT: ['S', 'C'],
  ERR_EDGE_CONNECT_TIMEOUT: ['s', 'C'],
  ERR_EDGE_TLS: ['S', 'C'],
  ERR_EDGE_STREAM_REFUSED: ['S'],
  ERR_EDGE_FIRST_BYTE_TIMEOUT: ['s', 'H'],
  ERR_EDGE_IDLE_TIMEOUT: ['s'],
  ERR_EDGE_UPSTREAM_RESET: ['S'],
  ERR_EDGE_BAD_REPLY: BAD_REPLY,
  ERR_EDGE_REPLY_TOO_LARGE: BAD_REPLY,
  ERR_EDGE_INVALID_REPLY: BAD_REPLY,
  ERR_EDGE_PROXY_HEADER: REFUSED,
  ERR_EDGE_CLIENT_HELLO: REFUSED,
  ERR_EDGE_NO_ROUTE: REFUSED,
  ERR_EDGE_CONNECTION_LIMIT: ['R', 'R'],
  ERR_EDGE_UPGRADE: ['S', 'H'],
  ERR_EDGE_TUNNEL_LIMIT: ['R', 'Q'],
}

const BY_SOURCE = { client: 'C', upstream: 'S', edge: 'I' } as const
const BY_PHASE = { request: 'R', queue: 'Q', connect: 'C', headers: 'H', data: 'D' } as const

/**
 * Says in two letters how an exchange ended, as HAProxy's log does (configuration manual 3.0, §8.5): who ended it, and when. `--` when
 * nothing went wrong.
 *
 * @param outcome What came of it.
 * @param facts What an outcome does not tell: whether a filter denied it, and whether an endpoint had been asked.
 */
export function terminationState(
  { termination: { who, phase }, error, status, attempts, times, tunnel }: Outcome,
  { denied = false, asked = attempts.length > 0 }: { readonly denied?: boolean; readonly asked?: boolean } = {},
): string {
  // A handshake's client that leaves is nobody's failure, and gets no status.
  const left = who === null && status === null && phase === 'request'
  if (who === null && !left) return denied ? 'PR' : '--'
  const [first, second] = left || error === null ? [unnamed(who ?? 'client', tunnel !== null)] : STATES[error.code]
  if (second !== undefined) return first + second
  // Told to the client in a reply of ours, which is done by now.
  if (phase === 'done') return first + (asked ? 'H' : 'R')
  if (phase !== 'request' || times.requestRead === null) return first + BY_PHASE[phase]
  // A client that left: the phase moves on with the reply only.
  return first + (asked ? 'H' : 'Q')
}

/** Who ended what has no error: a filter that threw, a tunnel that broke. */
function unnamed(who: 'client' | 'upstream' | 'edge', tunneled: boolean): Who {
  return tunneled && who === 'edge' ? 'K' : BY_SOURCE[who]
}
