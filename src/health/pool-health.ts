import type { AttemptOutcome } from '../outcome.js'
import { realClock } from '../upstream/clock.js'
import type { Endpoint } from '../upstream/endpoint.js'
import { detectorsOf } from './breaker-options.js'
import { ConsecutiveFailures, type Detector } from './detectors.js'
import { Ejection, type Grounds, type HealthTarget, type HealthTime } from './ejection.js'
import type { ActiveHealthOptions, HealthOptions } from './health-options.js'
import { createHealthMonitor, type HealthMonitor } from './monitor.js'
import { Outliers } from './outliers.js'
import { httpProbe, tcpProbe } from './probes.js'
import type { Tally } from './tally.js'
import { tlsProbe } from './tls-probe.js'
import { byBlame, bySymptoms, nameOf } from './verdict.js'

/** What real traffic is watched for, at one endpoint. */
interface Rule {
  readonly grounds: Grounds
  readonly detector: Detector
  /** Whether active checks, where there are some, say when it is well again: what a probe can see, too. */
  readonly probesDecide: boolean
}

interface Watched {
  readonly ejection: Ejection
  readonly rules: readonly Rule[]
  readonly tally: Tally | null
}

const REAL_TIME: HealthTime = { clock: realClock, now: () => performance.now() }

/** Health of the endpoints of one pool: probes, and what their traffic shows. */
export class PoolHealth {
  readonly #monitor: HealthMonitor<Endpoint> | null
  readonly #outliers: Outliers | null
  readonly #makeRules: () => readonly Rule[]
  readonly #target: HealthTarget
  readonly #time: HealthTime
  readonly #watched = new Map<Endpoint, Watched>()

  constructor(options: HealthOptions, target: HealthTarget, time: HealthTime = REAL_TIME) {
    const { active, outliers } = options
    this.#target = target
    this.#time = time
    this.#makeRules = ruleMaker(options, time.now)
    this.#monitor = active ? monitorFor(active, target) : null
    const eject = (endpoint: Endpoint, grounds: Grounds, why: string): void =>
      this.#watched.get(endpoint)?.ejection.begin(grounds, why)
    this.#outliers = outliers ? new Outliers(outliers, { ...time, target, eject }) : null
  }

  add(endpoint: Endpoint): void {
    if (endpoint.protocol !== 'local') this.#monitor?.add(endpoint)
    this.#watched.set(endpoint, {
      ejection: new Ejection(endpoint, this.#target, this.#time),
      rules: this.#makeRules(),
      tally: this.#outliers?.track(endpoint) ?? null,
    })
  }

  remove(endpoint: Endpoint): void {
    this.#monitor?.remove(endpoint)
    this.#outliers?.untrack(endpoint)
    this.#watched.get(endpoint)?.ejection.stop()
    this.#watched.delete(endpoint)
  }

  /** Notes what an attempt showed. */
  note(endpoint: Endpoint, outcome: AttemptOutcome): void {
    const watched = this.#watched.get(endpoint)
    if (watched === undefined) return
    const { ejection, rules, tally } = watched
    if (ejection.precedes(outcome)) return
    if (ejection.lasts) {
      ejection.judge(outcome)
      return
    }
    tally?.note(outcome)
    for (const rule of rules) {
      const verdict = rule.grounds.judge(outcome)
      if (verdict === 'none' || !rule.detector.note(verdict === 'bad')) continue
      for (const { detector } of rules) detector.reset()
      this.#takeOut(endpoint, ejection, rule, outcome)
      return
    }
  }

  close(): void {
    this.#monitor?.close()
    this.#outliers?.close()
    for (const { ejection } of this.#watched.values()) ejection.stop()
    this.#watched.clear()
  }

  #takeOut(endpoint: Endpoint, ejection: Ejection, rule: Rule, outcome: AttemptOutcome): void {
    const why = `traffic: ${rule.probesDecide ? nameOf(outcome) : rule.detector.why}`
    if (rule.probesDecide && this.#monitor !== null && endpoint.protocol !== 'local')
      this.#monitor.markDown(endpoint, why)
    else ejection.begin(rule.grounds, why)
  }
}

/** Makes the rules of one endpoint, each time with counts of their own. */
function ruleMaker({ passive = {}, breaker }: HealthOptions, now: () => number): () => readonly Rule[] {
  const grounds: { passive?: Grounds; breaker?: Grounds } = {}
  if (passive !== false) {
    const { timeouts = true, statuses = [], cooldownMs = 10_000, maxCooldownMs = 60_000 } = passive
    const judge = bySymptoms(timeouts, statuses)
    grounds.passive = { baseMs: cooldownMs, maxMs: maxCooldownMs, passes: 1, judge }
  }
  if (breaker) {
    const { openMs = 10_000, maxOpenMs = 60_000, halfOpenAttempts = 1 } = breaker
    grounds.breaker = { baseMs: openMs, maxMs: maxOpenMs, passes: halfOpenAttempts, judge: byBlame }
  }
  return () => {
    const rules: Rule[] = []
    if (grounds.passive !== undefined && passive !== false) {
      const detector = new ConsecutiveFailures(passive.failures ?? 1)
      rules.push({ grounds: grounds.passive, detector, probesDecide: true })
    }
    if (grounds.breaker !== undefined && breaker)
      for (const detector of detectorsOf(breaker, now))
        rules.push({ grounds: grounds.breaker, detector, probesDecide: false })
    return rules
  }
}

function monitorFor(active: ActiveHealthOptions, target: HealthTarget): HealthMonitor<Endpoint> {
  const { probe = 'http', path, method, host, status, headers, body, ...timing } = active
  const make = { http: () => httpProbe({ path, method, host, status, headers, body }), tcp: tcpProbe, tls: tlsProbe }
  return createHealthMonitor<Endpoint>({
    ...timing,
    probe: typeof probe === 'function' ? probe : make[probe](),
    onChange: (endpoint, healthy, why) => {
      endpoint.healthy = healthy
      target.healthChanged(endpoint, why)
    },
    onProbe: (endpoint, answer) => target.probed(endpoint, answer),
  })
}
