import { type Check, check, checkOptions, type Milliseconds } from '../options.js'
import {
  ConsecutiveFailures,
  checkFailureRate,
  type Detector,
  FailureRate,
  type FailureRateOptions,
} from './detectors.js'

/** `closed` lets all through, `open` nothing, `half-open` a few to see whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** When a breaker opens, and how it closes again. */
export interface BreakerConditions {
  /** Opens at so many failures in a row. @default 5 (Envoy), or off where `failureRate` is given */
  readonly consecutiveFailures?: number | undefined
  /** Opens when too large a share fails. @default off */
  readonly failureRate?: FailureRateOptions | undefined
  /** How long it is open at first; the n-th time in a row n times as long. @default 10000 */
  readonly openMs?: Milliseconds | undefined
  /** The longest it is open. @default 60000 */
  readonly maxOpenMs?: Milliseconds | undefined
  /** Successes that close it when it is half open; so many attempts are let through at most. @default 1 */
  readonly halfOpenAttempts?: number | undefined
}

export interface BreakerOptions extends BreakerConditions {
  /** Makes it open longer by up to this share of the time, by chance, so that many do not come back at once. @default 0 */
  readonly jitter?: number | undefined
  /** Told of every change; `half-open` when somebody asks first after the time is over. @default nobody */
  readonly onChange?: ((state: BreakerState, why: string) => void) | undefined
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: (() => number) | undefined
  /** Source of chance in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

const conditionChecks = {
  consecutiveFailures: check.whole(1, 1_000_000),
  failureRate: check.object,
  openMs: check.duration,
  maxOpenMs: check.duration,
  halfOpenAttempts: check.whole(1, 1_000_000),
} as const

/** Checks conditions, and what comes with them. */
export function checkBreakerConditions(
  factory: string,
  options: BreakerConditions,
  more: Readonly<Record<string, Check>> = {},
): void {
  checkOptions(factory, options, { ...conditionChecks, ...more })
  if (options.failureRate !== undefined) checkFailureRate(`${factory} failureRate`, options.failureRate)
}

/** Checks all options of a breaker. */
export function checkBreaker(options: BreakerOptions): void {
  checkBreakerConditions('createBreaker', options, {
    jitter: (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'),
    onChange: check.function,
    now: check.function,
    random: check.function,
  })
}

/** What the conditions watch for. */
export function detectorsOf(options: BreakerConditions, now: () => number): readonly Detector[] {
  const { failureRate, consecutiveFailures = failureRate === undefined ? 5 : undefined } = options
  const detectors: Detector[] = []
  if (consecutiveFailures !== undefined) detectors.push(new ConsecutiveFailures(consecutiveFailures))
  if (failureRate !== undefined) detectors.push(new FailureRate(failureRate, now))
  return detectors
}
