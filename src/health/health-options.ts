import { type Check, check, checkOptions, type Milliseconds } from '../options.js'
import type { Endpoint } from '../upstream/endpoint.js'
import { type BreakerConditions, checkBreakerConditions } from './breaker-options.js'
import { checkFlapDamping, type MonitorTiming, type Probe, timingChecks } from './monitor-options.js'
import { checkOutliers, type OutlierOptions } from './outlier-options.js'
import { type HttpProbeOptions, probeChecks } from './probes.js'
import type { FailureStatuses } from './verdict.js'

/** Asks the endpoints how they are. */
export interface ActiveHealthOptions extends HttpProbeOptions, MonitorTiming {
  /** `http` asks for `path`; `tcp` only connects; `tls` verifies the certificate, too; or a probe of your own. @default 'http' */
  readonly probe?: 'http' | 'tcp' | 'tls' | Probe<Endpoint> | undefined
}

/** Learns from real traffic. */
export interface PassiveHealthOptions {
  /** Failures in a row before an endpoint is left alone. @default 1 (NGINX `max_fails`) */
  readonly failures?: number | undefined
  /** Whether a reply that does not begin, or stops, in time is a failure. @default true (NGINX `max_fails`) */
  readonly timeouts?: boolean | undefined
  /** Replies that are failures: some of 500 to 599, as `[502, 503, 504]`, or a test. @default none */
  readonly statuses?: FailureStatuses | undefined
  /** How long it is left alone, the n-th time in a row n times as long; with active checks, these decide instead. @default 10000 (NGINX `fail_timeout`) */
  readonly cooldownMs?: Milliseconds | undefined
  /** The longest it is left alone. @default 60000 */
  readonly maxCooldownMs?: Milliseconds | undefined
}

export interface HealthOptions {
  /** Asks each endpoint at intervals, and takes it out while its answers are bad. @default off */
  readonly active?: ActiveHealthOptions | false | undefined
  /** Takes an endpoint out for a time when requests that it got have failed. @default on */
  readonly passive?: PassiveHealthOptions | false | undefined
  /** Ejects an endpoint for a time when too many of its attempts fail, 5xx replies included. @default off */
  readonly breaker?: BreakerConditions | false | undefined
  /** Ejects endpoints that fail, or take time, much more than the others. @default off */
  readonly outliers?: OutlierOptions | false | undefined
}

const failureStatuses: Check = (value) =>
  Array.isArray(value) && value.every((each) => check.whole(500, 599)(each) === undefined)
    ? undefined
    : 'an array of numbers from 500 to 599, as no other reply is the fault of an endpoint'

/** Checks a pool's `health` option. */
export function checkHealth(health: HealthOptions | undefined): void {
  if (health === undefined) return
  checkOptions('createPool health', health, {
    active: check.objectOrOff,
    passive: check.objectOrOff,
    breaker: check.objectOrOff,
    outliers: check.objectOrOff,
  })
  const { active, passive, breaker, outliers } = health
  if (active) {
    checkOptions('createPool health.active', active, {
      ...timingChecks,
      ...probeChecks,
      probe: check.either(check.oneOf('http', 'tcp', 'tls'), check.function),
    })
    checkFlapDamping('createPool health.active.flapDamping', active.flapDamping)
  }
  if (passive) {
    checkOptions('createPool health.passive', passive, {
      failures: check.whole(1, 1_000_000),
      timeouts: check.boolean,
      statuses: check.either(failureStatuses, check.function),
      cooldownMs: check.duration,
      maxCooldownMs: check.duration,
    })
  }
  if (breaker) checkBreakerConditions('createPool health.breaker', breaker)
  if (outliers) checkOutliers(outliers)
}
