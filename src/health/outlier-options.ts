import { type Check, check, checkOptions, type Milliseconds } from '../options.js'

/** Ejects endpoints that fail much more often than the others (Envoy's success rate). */
export interface SuccessRateOptions {
  /** So many endpoints with enough requests there must be for a comparison. @default 5 (Envoy) */
  readonly minimumHosts?: number | undefined
  /** Requests of an endpoint within the interval that make it comparable. @default 100 (Envoy) */
  readonly minimumRequests?: number | undefined
  /** An outlier's rate is below the mean by more than so many standard deviations. @default 1.9 (Envoy) */
  readonly stdevFactor?: number | undefined
  /** … and by more than this share: where all others are flawless, one failure is no reason. @default 0.05 */
  readonly minimumGap?: number | undefined
}

/** Ejects endpoints that answer much more slowly than the others. */
export interface LatencyOutlierOptions {
  /** So many endpoints with enough replies there must be for a comparison. @default 3 */
  readonly minimumHosts?: number | undefined
  /** Replies of an endpoint within the interval that make it comparable. @default 100 */
  readonly minimumRequests?: number | undefined
  /** Which time to first byte is compared: 0.5 is the median, 0.95 what 1 in 20 exceeds. @default 0.5 */
  readonly quantile?: number | undefined
  /** An outlier takes more than so many times as long as the median endpoint. @default 3 */
  readonly factor?: number | undefined
  /** … and longer by more than this: three times nothing is nothing. @default 50 */
  readonly minimumGapMs?: number | undefined
}

/** Compares the endpoints of a pool with each other, and ejects those that stand out (Envoy's outlier detection). */
export interface OutlierOptions {
  /** How often they are compared, by what happened since the last time. @default 10000 (Envoy) */
  readonly intervalMs?: Milliseconds | undefined
  /** The n-th ejection in a row lasts n times as long. @default 30000 (Envoy) */
  readonly baseEjectionMs?: Milliseconds | undefined
  /** Longest that an ejection grows to. @default 300000 (Envoy) */
  readonly maxEjectionMs?: Milliseconds | undefined
  /** Most of the pool that may be out for an outlier to be ejected, whatever the others are out for; one always. @default 0.1 (Envoy) */
  readonly maxEjectedShare?: number | undefined
  /** Ejects those that fail much more often than the others. @default on */
  readonly successRate?: SuccessRateOptions | false | undefined
  /** Ejects those that answer much more slowly than the others. @default on */
  readonly latency?: LatencyOutlierOptions | false | undefined
}

/** Checks a pool's `health.outliers` option. */
export function checkOutliers(options: OutlierOptions): void {
  const share: Check = (value) =>
    typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'
  const atLeast =
    (least: number): Check =>
    (value) =>
      Number.isFinite(value) && (value as number) >= least ? undefined : `a number from ${least}`
  checkOptions('createPool health.outliers', options, {
    intervalMs: check.duration,
    baseEjectionMs: check.duration,
    maxEjectionMs: check.duration,
    maxEjectedShare: share,
    successRate: check.objectOrOff,
    latency: check.objectOrOff,
  })
  const { successRate, latency } = options
  if (successRate)
    checkOptions('createPool health.outliers.successRate', successRate, {
      minimumHosts: check.whole(2, 1_000_000),
      minimumRequests: check.whole(1, 1_000_000),
      stdevFactor: atLeast(0),
      minimumGap: share,
    })
  if (latency)
    checkOptions('createPool health.outliers.latency', latency, {
      minimumHosts: check.whole(2, 1_000_000),
      minimumRequests: check.whole(1, 1_000_000),
      quantile: share,
      factor: atLeast(1),
      minimumGapMs: atLeast(0),
    })
}
