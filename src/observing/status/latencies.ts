import type { LatencyDigest } from '../../upstream/latency-digest.js'
import type { Latencies } from './report.js'
import { short } from './track.js'

/** What a digest knows, in figures that are worth showing. */
export function latenciesOf(digest: LatencyDigest): Latencies {
  const read = (share: number): number | null => {
    const ms = digest.quantile(share)
    return ms === undefined ? null : short(ms)
  }
  return { p50: read(0.5), p95: read(0.95), p99: read(0.99) }
}
