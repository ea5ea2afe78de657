import type { EdgeError } from './errors.js'
import type { TunnelSummary } from './tunnels.js'

/** When things happened, in milliseconds of `performance.now()`; `null` for what never did. */
export interface AttemptTimes {
  startedAt: number
  /** A connection was there for it, new or kept. */
  connectedAt: number | null
  /** The head of its reply had come. */
  firstByteAt: number | null
  /** The body of its reply had come. */
  lastByteAt: number | null
}

/** What came of one attempt at one endpoint. */
export interface AttemptOutcome {
  /** The endpoint's name. */
  readonly endpoint: string
  /** Of the endpoint's reply; `null` if none came. */
  readonly status: number | null
  /** What it failed with; `null` if it did not. */
  readonly error: EdgeError | null
  /** Whether it went over a connection that was kept open. */
  readonly reusedConnection: boolean
  readonly times: Readonly<AttemptTimes>
  /** Body bytes: `in` from the endpoint; `out` to it. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** Whether the endpoint is to blame: a client's abort, a 4xx or a 101 is not its fault (H-109). */
  readonly countsAgainst: boolean
}

/** How an exchange ended, as HAProxy's termination state: who ended it, in which phase. `who` is null when all went well. */
export interface Termination {
  readonly who: 'client' | 'upstream' | 'edge' | null
  readonly phase: 'request' | 'queue' | 'connect' | 'headers' | 'data' | 'done'
}

/** What came of one exchange. Times are milliseconds of `performance.now()`; `null` for what never was. */
export interface Outcome {
  /** Status sent to the client; `null` if none went out. */
  readonly status: number | null
  /** What the exchange failed with; `null` if it did not. */
  readonly error: EdgeError | null
  /** Pattern of the route. */
  readonly route: string | null
  readonly termination: Termination
  readonly times: {
    readonly acceptedAt: number
    /** The whole request had been read. */
    readonly requestRead: number | null
    /** The first endpoint was there for it, after whatever wait. */
    readonly queued: number | null
    /** The last attempt's connection was up. */
    readonly connected: number | null
    readonly firstByte: number | null
    readonly lastByte: number
  }
  /** Body bytes: `in` from the client, `out` to it. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** At endpoints, in the order in which they ended; none where Edgewise answered itself. */
  readonly attempts: readonly AttemptOutcome[]
  /** Of a WebSocket: what went through it, and how it closed. */
  readonly tunnel: TunnelSummary | null
}

/** Gathers an {@link Outcome} while an exchange lives. */
export class OutcomeBuilder {
  readonly acceptedAt: number
  status: number | null = null
  error: EdgeError | null = null
  phase: Termination['phase'] = 'request'
  /** Its body failed in the hands of a framework, which may end a reply that it could not finish (Hono on Node 22). */
  broken = false
  who: Termination['who'] = null
  requestRead: number | null = null
  lastByte = 0
  bytesIn = 0
  bytesOut = 0
  readonly attempts: AttemptOutcome[] = []
  tunnel: TunnelSummary | null = null

  constructor(acceptedAt: number) {
    this.acceptedAt = acceptedAt
  }

  build(route: string | null): Outcome {
    const last = this.attempts.at(-1)?.times
    return {
      status: this.status,
      error: this.error,
      route,
      termination: { who: this.who, phase: this.phase },
      times: {
        acceptedAt: this.acceptedAt,
        requestRead: this.requestRead,
        queued: this.attempts[0]?.times.startedAt ?? null,
        connected: last?.connectedAt ?? null,
        firstByte: last?.firstByteAt ?? null,
        lastByte: this.lastByte,
      },
      bytes: { in: this.bytesIn, out: this.bytesOut },
      attempts: this.attempts,
      tunnel: this.tunnel,
    }
  }
}
