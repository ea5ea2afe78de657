import type { Endpoint } from '../upstream/endpoint.js'
import type { LatencyOutlierOptions, SuccessRateOptions } from './outlier-options.js'

/** An endpoint and what is compared: its success rate, or a time. */
export interface Sample {
  readonly endpoint: Endpoint
  readonly value: number
}

/** Those whose success rate is far below the mean, worst first. */
export function successRateOutliers(samples: readonly Sample[], options: SuccessRateOptions): Sample[] {
  const { minimumHosts = 5, stdevFactor = 1.9, minimumGap = 0.05 } = options
  if (samples.length < minimumHosts) return []
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / samples.length
  const variance = samples.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / samples.length
  const threshold = mean - Math.max(stdevFactor * Math.sqrt(variance), minimumGap)
  return samples.filter(({ value }) => value < threshold).toSorted((a, b) => a.value - b.value)
}

/** Those whose latency is far above that of the median endpoint, worst first. */
export function latencyOutliers(samples: readonly Sample[], options: LatencyOutlierOptions): Sample[] {
  const { minimumHosts = 3, factor = 3, minimumGapMs = 50 } = options
  if (samples.length < minimumHosts) return []
  const sorted = samples.toSorted((a, b) => b.value - a.value)
  // Of an even number the faster of the two in the middle, so that half a pool is no excuse for the other half.
  const median = sorted[sorted.length >> 1]!.value
  const threshold = Math.max(median * factor, median + minimumGapMs)
  return sorted.filter(({ value }) => value > threshold)
}
