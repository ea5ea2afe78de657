import { check, checkOptions, optionError } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'

/** How many requests one endpoint may have in flight, found out from how it answers. */
export interface ConcurrencyLimit {
  /** A whole number, at least 1. */
  readonly limit: number
  /**
   * An attempt has ended.
   *
   * @param inFlight Attempts in flight at the endpoint as this one ended, itself included: a limit that is not half used does not grow.
   */
  settled(outcome: AttemptOutcome, inFlight: number): void
}

/** What all limits have in common. */
export interface LimitBounds {
  /** Where to begin; best below what the endpoint can do, for it is easier to grow than to unlearn. @default 20 */
  readonly initialLimit?: number | undefined
  /** Least that it shrinks to. @default 3 (Envoy's `min_concurrency`) */
  readonly minLimit?: number | undefined
  /** Most that it grows to. @default 1000 (Envoy's `max_concurrency_limit`) */
  readonly maxLimit?: number | undefined
  /** The clock of the attempts' times. @default performance.now */
  readonly now?: (() => number) | undefined
}

const size = check.whole(1, 1_000_000)
const boundChecks = { initialLimit: size, minLimit: size, maxLimit: size, now: check.function }

/**
 * Checks a limit's options and fills in the bounds.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function readBounds(
  factory: string,
  options: LimitBounds,
  checks: Parameters<typeof checkOptions>[2],
): { initial: number; min: number; max: number; now: () => number } {
  checkOptions(factory, options, { ...boundChecks, ...checks })
  const { minLimit: min = 3, maxLimit: max = 1000, now = () => performance.now() } = options
  if (min > max) throw optionError(factory, 'minLimit', min, `a whole number from 1 to maxLimit (${max})`)
  const initial = options.initialLimit ?? Math.min(Math.max(20, min), max)
  if (initial < min || initial > max)
    throw optionError(factory, 'initialLimit', initial, `a whole number from minLimit (${min}) to maxLimit (${max})`)
  return { initial, min, max, now }
}

/** A check for numbers that need not be whole. */
export function fraction(from: number, to: number): (value: unknown) => string | undefined {
  return (value) =>
    typeof value === 'number' && value >= from && value <= to ? undefined : `a number from ${from} to ${to}`
}

/**
 * What an attempt tells of its endpoint's load: the milliseconds to its first byte, or `drop` if it was one too many (a
 * time-out, a reset, a 503). `null` if it tells nothing: a 4xx, a 101 and other failures come as fast under load as without, and a
 * client that left says nothing of the endpoint (H-109). How long a body takes is mostly the client's affair.
 */
export function loadSignal({ status, error, times, countsAgainst }: AttemptOutcome): number | 'drop' | null {
  if (error !== null)
    return countsAgainst && (error.status === 504 || error.code === 'ERR_EDGE_UPSTREAM_RESET') ? 'drop' : null
  if (status === 503) return 'drop'
  if (status === null || status < 200 || status >= 400 || times.firstByteAt === null) return null
  return Math.max(0, times.firstByteAt - times.startedAt)
}
