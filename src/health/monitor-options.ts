import { type Check, check, checkOptions, type Milliseconds } from '../options.js'
import type { Clock } from '../upstream/clock.js'

/** Asks one question of one endpoint. Rejecting counts as "no". */
export type Probe<E> = (endpoint: E, signal: AbortSignal) => Promise<boolean>

/** Asks more of an endpoint that goes down again soon after it came up. */
export interface FlapDampingOptions {
  /**
   * An endpoint that goes down within this time after coming up needs `rise` good answers more than the last time; for each such
   * time that it stays up, `rise` fewer again. @default 30000
   */
  readonly windowMs?: Milliseconds | undefined
  /** The most good answers that it may need. @default 3 × rise */
  readonly maxRise?: number | undefined
}

/** When a monitor asks, and what it makes of the answers. */
export interface MonitorTiming {
  /** From the end of one probe to the start of the next. @default 5000 */
  readonly intervalMs?: Milliseconds | undefined
  /** The same while answers speak for a change of state, as HAProxy's `fastinter`. @default the shorter of the other two */
  readonly fastIntervalMs?: Milliseconds | undefined
  /** The same while an endpoint is down, as HAProxy's `downinter`. @default intervalMs */
  readonly downIntervalMs?: Milliseconds | undefined
  /** How long a probe may take, less the time in which the event loop stood still. @default 2000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Spreads probes over this share of the interval, so that many monitors don't march in step. @default 0.1 */
  readonly jitter?: number | undefined
  /** Good answers in a row before an endpoint that was down is up. @default 2 (HAProxy) */
  readonly rise?: number | undefined
  /** Bad answers in a row before an endpoint that was up is down. @default 3 (HAProxy) */
  readonly fall?: number | undefined
  /** Asks for more good answers in a row from an endpoint that goes down again and again. @default on */
  readonly flapDamping?: FlapDampingOptions | false | undefined
  /** Timers between probes, and of each. @default real time */
  readonly clock?: Clock | undefined
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: (() => number) | undefined
  /** Source of chance in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

export interface HealthMonitorOptions<E> extends MonitorTiming {
  /** Asks an endpoint whether it is well: {@link httpProbe} and {@link tcpProbe} make such. */
  readonly probe: Probe<E>
  /** Told of every change. */
  readonly onChange: (endpoint: E, healthy: boolean, why: string) => void
  /** Told of every answer, or that there was none. @default nobody */
  readonly onProbe?: ((endpoint: E, answer: ProbeAnswer) => void) | undefined
}

/** What came of one probe. */
export interface ProbeAnswer {
  /** Whether the probe found it so. */
  readonly well: boolean
  /** What was wrong; empty for nothing. */
  readonly why: string
  /** By the monitor's `now`. */
  readonly startedAt: Milliseconds
  readonly endedAt: Milliseconds
}

/** The option checks that pools and monitors share. */
export const timingChecks: Readonly<Record<keyof MonitorTiming, Check>> = {
  intervalMs: check.duration,
  fastIntervalMs: check.duration,
  downIntervalMs: check.duration,
  timeoutMs: check.duration,
  jitter: (value: unknown) =>
    typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1',
  rise: check.whole(1, 1000),
  fall: check.whole(1, 1000),
  flapDamping: check.objectOrOff,
  clock: check.object,
  now: check.function,
  random: check.function,
}

/** Checks the `flapDamping` option. */
export function checkFlapDamping(factory: string, options: FlapDampingOptions | false | undefined): void {
  if (options) checkOptions(factory, options, { windowMs: check.duration, maxRise: check.whole(1, 1000) })
}
