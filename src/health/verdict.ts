import type { AttemptOutcome } from '../outcome.js'

/** What an attempt shows of its endpoint; `none` when the client left, or a kept connection had gone stale. */
export type Verdict = 'good' | 'bad' | 'none'

export type Judge = (outcome: AttemptOutcome) => Verdict

/** Bad is whatever counts against the endpoint: failures of its own and 5xx, never a 4xx, a 101 or a client's abort (H-109). */
export const byBlame: Judge = (outcome) => {
  if (outcome.countsAgainst) return 'bad'
  return wentWell(outcome) ? 'good' : 'none'
}

/** Whether there was a reply; at layer 4, a connection. */
function wentWell({ error, status, times }: AttemptOutcome): boolean {
  return error === null && (status !== null || times.connectedAt !== null)
}

/** Failures that say something about the endpoint, not about one request. */
const CONNECTION_FAILURES: readonly string[] = [
  'ERR_EDGE_CONNECT',
  'ERR_EDGE_CONNECT_TIMEOUT',
  'ERR_EDGE_TLS',
  'ERR_EDGE_UPSTREAM_RESET',
]
const TIMEOUTS: readonly string[] = ['ERR_EDGE_FIRST_BYTE_TIMEOUT', 'ERR_EDGE_IDLE_TIMEOUT']

/** Which replies count as failures: some of 500 to 599. */
export type FailureStatuses = readonly number[] | ((status: number) => boolean)

/** Bad is what shows that the endpoint itself is unwell: no connection, time-outs if they count, and the statuses listed. */
export function bySymptoms(timeouts: boolean, statuses: FailureStatuses): Judge {
  const counted: ReadonlySet<string> = new Set(timeouts ? [...CONNECTION_FAILURES, ...TIMEOUTS] : CONNECTION_FAILURES)
  const isListed = typeof statuses === 'function' ? statuses : (status: number) => statuses.includes(status)
  return (outcome) => {
    const { countsAgainst, error, status } = outcome
    if (error !== null) return countsAgainst && counted.has(error.code) ? 'bad' : 'none'
    if (countsAgainst && status !== null && isListed(status)) return 'bad'
    return wentWell(outcome) ? 'good' : 'none'
  }
}

/** What an outcome was, in two words at most. */
export function nameOf({ error, status }: AttemptOutcome): string {
  return error === null ? `status ${status}` : error.code
}
