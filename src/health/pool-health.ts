import { type Check, check, checkOptions, type Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Endpoint } from '../upstream/endpoint.js'
import { type Clock, createHealthMonitor, type HealthMonitor, healthChecks, type Probe } from './monitor.js'
import { type HttpProbeOptions, httpProbe, probeChecks, tcpProbe } from './probes.js'

/** Asks the endpoints how they are. */
export interface ActiveHealthOptions extends HttpProbeOptions {
  /** `http` asks for `path`; `tcp` only connects; or a probe of your own. @default 'http' */
  readonly probe?: 'http' | 'tcp' | Probe<Endpoint> | undefined
  /** @default 5000 */
  readonly intervalMs?: Milliseconds | undefined
  /** @default 2000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** @default 0.1 */
  readonly jitter?: number | undefined
  /** @default 2 */
  readonly rise?: number | undefined
  /** @default 3 */
  readonly fall?: number | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

/** Learns from real traffic. */
export interface PassiveHealthOptions {
  /** Connection failures in a row before an endpoint is left alone. @default 1 (NGINX `max_fails`) */
  readonly failures?: number | undefined
  /** How long it is left alone; with active checks, these decide instead. @default 10000 (NGINX `fail_timeout`) */
  readonly cooldownMs?: Milliseconds | undefined
}

export interface HealthOptions {
  /** @default off */
  readonly active?: ActiveHealthOptions | false | undefined
  /** @default on */
  readonly passive?: PassiveHealthOptions | false | undefined
}

/** Failures that say something about the endpoint, not about one request. */
const CONNECTION_FAILURES: ReadonlySet<string> = new Set([
  'ERR_EDGE_CONNECT',
  'ERR_EDGE_CONNECT_TIMEOUT',
  'ERR_EDGE_TLS',
  'ERR_EDGE_UPSTREAM_RESET',
])

/** Checks a pool's `health` option. */
export function checkHealth(health: HealthOptions | undefined): void {
  if (health === undefined) return
  const objectOrFalse: Check = (value) =>
    value === false || check.object(value) === undefined ? undefined : 'an object, or false'
  checkOptions('createPool health', health, {
    active: objectOrFalse,
    passive: objectOrFalse,
  })
  if (health.active) {
    checkOptions('createPool health.active', health.active, {
      ...healthChecks,
      ...probeChecks,
      probe: check.either(check.oneOf('http', 'tcp'), check.function),
    })
  }
  if (health.passive) {
    checkOptions('createPool health.passive', health.passive, {
      failures: check.whole(1, 1_000_000),
      cooldownMs: check.duration,
    })
  }
}

/** What becomes of a pool's endpoints when probes or traffic tell something about them. */
export interface HealthTarget {
  healthChanged(endpoint: Endpoint, why: string): void
}

/** Health of the endpoints of one pool: probes, and what their traffic shows. */
export class PoolHealth {
  readonly #monitor: HealthMonitor<Endpoint> | null
  readonly #passive: { readonly failures: number; readonly cooldownMs: number } | null
  readonly #failures = new Map<Endpoint, number>()
  readonly #cooling = new Map<Endpoint, NodeJS.Timeout>()
  readonly #target: HealthTarget

  constructor(options: HealthOptions, target: HealthTarget) {
    const { active, passive = {} } = options
    this.#target = target
    this.#monitor = active ? monitorFor(active, target) : null
    this.#passive =
      passive === false ? null : { failures: passive.failures ?? 1, cooldownMs: passive.cooldownMs ?? 10_000 }
  }

  add(endpoint: Endpoint): void {
    if (endpoint.protocol !== 'local') this.#monitor?.add(endpoint)
  }

  remove(endpoint: Endpoint): void {
    this.#monitor?.remove(endpoint)
    this.#failures.delete(endpoint)
    clearTimeout(this.#cooling.get(endpoint))
    this.#cooling.delete(endpoint)
  }

  /** Notes what an attempt showed. */
  note(endpoint: Endpoint, outcome: AttemptOutcome): void {
    if (this.#passive === null) return
    if (outcome.error === null || !outcome.countsAgainst || !CONNECTION_FAILURES.has(outcome.error.code)) {
      if (outcome.status !== null) this.#passed(endpoint)
      return
    }
    const failures = (this.#failures.get(endpoint) ?? 0) + 1
    this.#failures.set(endpoint, failures)
    if (failures >= this.#passive.failures) this.#eject(endpoint, outcome.error.code, this.#passive.cooldownMs)
  }

  close(): void {
    this.#monitor?.close()
    for (const timer of this.#cooling.values()) clearTimeout(timer)
    this.#cooling.clear()
  }

  #passed(endpoint: Endpoint): void {
    this.#failures.delete(endpoint)
    if (!endpoint.onTrial) return
    endpoint.onTrial = false
    this.#target.healthChanged(endpoint, 'passed its trial')
  }

  #eject(endpoint: Endpoint, why: string, cooldownMs: number): void {
    this.#failures.delete(endpoint)
    if (this.#monitor !== null && endpoint.protocol !== 'local') {
      this.#monitor.markDown(endpoint, `traffic: ${why}`)
      return
    }
    if (endpoint.ejected) return
    endpoint.ejected = true
    endpoint.onTrial = false
    clearTimeout(this.#cooling.get(endpoint))
    this.#cooling.set(
      endpoint,
      setTimeout(() => {
        this.#cooling.delete(endpoint)
        // The pool may have ended it before, when no other was left.
        if (!endpoint.ejected) return
        endpoint.ejected = false
        endpoint.onTrial = true
        this.#target.healthChanged(endpoint, 'cooled down')
      }, cooldownMs).unref(),
    )
    this.#target.healthChanged(endpoint, `traffic: ${why}`)
  }
}

function monitorFor(active: ActiveHealthOptions, target: HealthTarget): HealthMonitor<Endpoint> {
  const { probe = 'http', path, method, host, status, body, ...timing } = active
  const ask =
    typeof probe === 'function' ? probe : probe === 'tcp' ? tcpProbe() : httpProbe({ path, method, host, status, body })
  return createHealthMonitor<Endpoint>({
    ...timing,
    probe: ask,
    onChange: (endpoint, healthy, why) => {
      endpoint.healthy = healthy
      target.healthChanged(endpoint, why)
    },
  })
}
