import { EdgeError, type EdgeErrorCode, type Outcome } from 'edgewise'

export interface Odd extends Partial<Omit<Outcome, 'error' | 'times' | 'termination'>> {
  readonly error?: EdgeErrorCode
  readonly who?: Outcome['termination']['who']
  readonly phase?: Outcome['termination']['phase']
  readonly times?: Partial<Outcome['times']>
}

/** What came of an exchange that went well, but for what is odd in it. */
export function outcomeOf({ error, who = null, phase = 'done', times, ...odd }: Odd = {}): Outcome {
  return {
    status: 200,
    error: error === undefined ? null : new EdgeError(error, 'it failed'),
    route: '/users/**',
    termination: { who, phase },
    times: {
      acceptedAt: 100,
      requestRead: 100,
      queued: 101.04,
      connected: 103,
      firstByte: 106,
      lastByte: 110,
      ...times,
    },
    bytes: { in: 0, out: 90 },
    attempts: [attempt('http://10.0.0.1:3000')],
    tunnel: null,
    ...odd,
  }
}

export function attempt(
  endpoint: string,
  {
    error,
    status = error === undefined ? 200 : null,
    startedAt = 101.04,
  }: { readonly error?: EdgeErrorCode; readonly status?: number | null; readonly startedAt?: number } = {},
): Outcome['attempts'][number] {
  return {
    endpoint,
    status,
    error: error === undefined ? null : new EdgeError(error, 'it failed'),
    reusedConnection: false,
    times: { startedAt, connectedAt: null, firstByteAt: null, lastByteAt: null },
    bytes: { in: 0, out: 0 },
    countsAgainst: error !== undefined,
  }
}
