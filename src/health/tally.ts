import type { AttemptOutcome } from '../outcome.js'
import { LatencyDigest } from '../upstream/latency-digest.js'
import { byBlame } from './verdict.js'

/** Within one interval no latency counts less than another, and asking for the time would cost more than the rest. */
const TIMELESS = { now: () => 0 }

/** What the attempts at one endpoint came to within one interval. */
export class Tally {
  requests = 0
  failures = 0
  /** Attempts that had a reply. */
  replies = 0
  /** Times to first byte; `null` if nobody asks for them. */
  latency: LatencyDigest | null

  constructor(withLatency: boolean) {
    this.latency = withLatency ? new LatencyDigest(TIMELESS) : null
  }

  note(outcome: AttemptOutcome): void {
    const verdict = byBlame(outcome)
    if (verdict === 'none') return
    this.requests++
    if (verdict === 'bad') this.failures++
    const { startedAt, firstByteAt } = outcome.times
    if (this.latency === null || firstByteAt === null) return
    this.replies++
    this.latency.record(firstByteAt - startedAt)
  }

  reset(): void {
    if (this.replies > 0 && this.latency !== null) this.latency = new LatencyDigest(TIMELESS)
    this.requests = 0
    this.failures = 0
    this.replies = 0
  }
}
