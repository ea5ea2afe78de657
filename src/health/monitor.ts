import { events } from '../events.js'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { type Clock, realClock } from '../upstream/clock.js'
import { checkFlapDamping, type HealthMonitorOptions, type Probe, timingChecks } from './monitor-options.js'
import { Patience } from './patience.js'
import { Recurrence } from './recurrence.js'

interface Watch {
  healthy: boolean
  /** Answers in a row that disagree with the present state. */
  against: number
  /** Good answers that bring it up. */
  rise: number
  readonly downs: Recurrence
  timer: unknown
  abort: AbortController | null
}

/**
 * Decides which endpoints are well by probing them. Needs no proxy and no pool: endpoints are any objects.
 *
 * An endpoint counts as well until `fall` probes in a row say otherwise, and then as ill until `rise` say so; probes of one
 * endpoint never overlap (H-108).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const monitor = createHealthMonitor({ probe: tcpProbe(), onChange: (endpoint, healthy) => console.log(endpoint.hostname, healthy) })
 * monitor.add({ hostname: '127.0.0.1', port: 5432 })
 * ```
 */
export function createHealthMonitor<E extends object>(options: HealthMonitorOptions<E>): HealthMonitor<E> {
  checkOptions('createHealthMonitor', options, {
    ...timingChecks,
    probe: check.function,
    onChange: check.function,
    onProbe: check.function,
  })
  checkFlapDamping('createHealthMonitor flapDamping', options.flapDamping)
  for (const name of ['probe', 'onChange'] as const)
    if (options[name] === undefined) throw optionError('createHealthMonitor', name, undefined, 'a function')
  return new HealthMonitor(options)
}

/** What {@link createHealthMonitor} makes. Its timers alone keep no process alive. */
export class HealthMonitor<E extends object> {
  readonly #watches = new Map<E, Watch>()
  readonly #probe: Probe<E>
  readonly #onChange: HealthMonitorOptions<E>['onChange']
  readonly #onProbe: HealthMonitorOptions<E>['onProbe']
  readonly #intervalMs: number
  readonly #fastIntervalMs: number
  readonly #downIntervalMs: number
  readonly #timeoutMs: number
  readonly #jitter: number
  readonly #rise: number
  readonly #fall: number
  readonly #flapWindowMs: number
  readonly #maxRise: number
  readonly #clock: Clock
  readonly #now: () => number
  readonly #random: () => number

  constructor(options: HealthMonitorOptions<E>) {
    this.#probe = options.probe
    this.#onChange = options.onChange
    this.#onProbe = options.onProbe
    this.#intervalMs = options.intervalMs ?? 5_000
    this.#downIntervalMs = options.downIntervalMs ?? this.#intervalMs
    this.#fastIntervalMs = options.fastIntervalMs ?? Math.min(this.#intervalMs, this.#downIntervalMs)
    this.#timeoutMs = options.timeoutMs ?? 2_000
    this.#jitter = options.jitter ?? 0.1
    this.#rise = options.rise ?? 2
    this.#fall = options.fall ?? 3
    const damping = options.flapDamping === false ? { maxRise: this.#rise } : (options.flapDamping ?? {})
    this.#flapWindowMs = damping.windowMs ?? 30_000
    this.#maxRise = Math.max(this.#rise, damping.maxRise ?? this.#rise * 3)
    this.#clock = options.clock ?? realClock
    this.#now = options.now ?? (() => performance.now())
    this.#random = options.random ?? Math.random
  }

  /** Starts to watch; the first probe comes within a tenth of the interval. */
  add(endpoint: E): void {
    if (this.#watches.has(endpoint)) return
    const watch: Watch = {
      healthy: true,
      against: 0,
      rise: this.#rise,
      downs: new Recurrence(),
      timer: null,
      abort: null,
    }
    this.#watches.set(endpoint, watch)
    this.#schedule(endpoint, watch, this.#random() * this.#intervalMs * 0.1)
  }

  /** Watches it no more; a probe under way is called off. */
  remove(endpoint: E): void {
    const watch = this.#watches.get(endpoint)
    if (watch === undefined) return
    this.#watches.delete(endpoint)
    this.#clock.clearTimeout(watch.timer)
    watch.abort?.abort()
  }

  /** Real traffic found it ill: down at once, and up again only by `rise` good probes, so that the two don't fight (H-108). */
  markDown(endpoint: E, why: string): void {
    const watch = this.#watches.get(endpoint)
    if (watch === undefined) return
    watch.against = 0
    if (!watch.healthy) return
    this.#becomeDown(endpoint, watch, why)
    // The next probe stands as the pace of a healthy endpoint has it.
    if (watch.abort !== null || this.#downIntervalMs >= this.#intervalMs) return
    this.#clock.clearTimeout(watch.timer)
    this.#schedule(endpoint, watch, this.#pause(watch))
  }

  /** Whether it counts as well; `false` for one that is not watched. */
  isHealthy(endpoint: E): boolean {
    return this.#watches.get(endpoint)?.healthy ?? false
  }

  /** Watches nothing any more. */
  close(): void {
    for (const endpoint of [...this.#watches.keys()]) this.remove(endpoint)
  }

  #schedule(endpoint: E, watch: Watch, ms: number): void {
    watch.timer = this.#clock.setTimeout(() => void this.#check(endpoint, watch), Math.max(1, Math.round(ms)))
  }

  async #check(endpoint: E, watch: Watch): Promise<void> {
    const abort = new AbortController()
    watch.abort = abort
    const patience = new Patience(this.#timeoutMs, this.#clock, this.#now, () =>
      abort.abort(new Error(`no answer within ${this.#timeoutMs} ms`)),
    )
    const asked = watch.healthy
    const startedAt = this.#now()
    let well = false
    let why = 'probe answered no'
    try {
      well = await Promise.race([this.#probe(endpoint, abort.signal), aborted(abort.signal)])
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
    patience.stop()
    watch.abort = null
    if (this.#watches.get(endpoint) !== watch) return
    this.#report('onProbe', () =>
      this.#onProbe?.(endpoint, { well, why: well ? '' : why, startedAt, endedAt: this.#now() }),
    )
    // Real traffic may have marked it down while a probe that began before was out: that answer is stale.
    if (asked === watch.healthy) this.#judge(endpoint, watch, well, why)
    this.#schedule(endpoint, watch, this.#pause(watch))
  }

  /** Time to the next probe, as HAProxy has it: another pace while the state is about to change, and while it is down. */
  #pause({ healthy, against }: Watch): Milliseconds {
    const pace = against > 0 ? this.#fastIntervalMs : healthy ? this.#intervalMs : this.#downIntervalMs
    return pace * (1 - this.#jitter / 2 + this.#random() * this.#jitter)
  }

  #judge(endpoint: E, watch: Watch, well: boolean, why: string): void {
    if (well === watch.healthy) {
      watch.against = 0
      return
    }
    watch.against++
    if (watch.against < (watch.healthy ? this.#fall : watch.rise)) return
    watch.against = 0
    if (well) this.#becomeUp(endpoint, watch)
    else this.#becomeDown(endpoint, watch, why)
  }

  #becomeUp(endpoint: E, watch: Watch): void {
    watch.healthy = true
    watch.downs.over(this.#now())
    this.#tell(endpoint, true, `${watch.rise} good probes`)
  }

  #becomeDown(endpoint: E, watch: Watch, why: string): void {
    watch.healthy = false
    watch.rise = Math.min(this.#maxRise, this.#rise * watch.downs.again(this.#now(), this.#flapWindowMs))
    this.#tell(endpoint, false, why)
  }

  #tell(endpoint: E, healthy: boolean, why: string): void {
    this.#report('onChange', () => this.#onChange(endpoint, healthy, why))
  }

  /** What a listener throws must not end the checks. */
  #report(listener: string, tell: () => void): void {
    try {
      tell()
    } catch (error) {
      events.emit('fault', { where: `createHealthMonitor ${listener}`, error })
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
