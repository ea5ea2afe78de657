import type { Milliseconds } from './options.js'

/** What came of a shutdown. */
export interface ShutdownReport {
  /** The signal, or what the caller named. */
  readonly reason: string
  /** Requests of the gateways that were under way when nothing new was taken any more. */
  readonly requests: number
  /** WebSockets that were open then. */
  readonly tunnels: number
  /** What was not done when the grace was over, or there was no more patience: requests, WebSockets, and connections of whatever else. */
  readonly cut: number
  readonly tookMs: Milliseconds
}
