import { type Check, check, checkOptions, optionError } from '../options.js'

/** Time and chance, so that tests can hold them. */
export interface Clock {
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(handle: unknown): void
}

/** Asks one question of one endpoint. Rejecting counts as "no". */
export type Probe<E> = (endpoint: E, signal: AbortSignal) => Promise<boolean>

export interface HealthMonitorOptions<E> {
  readonly probe: Probe<E>
  /** From the end of one probe to the start of the next. @default 5000 */
  readonly intervalMs?: number | undefined
  /** How long a probe may take. @default 2000 */
  readonly timeoutMs?: number | undefined
  /** Spreads probes over this share of the interval, so that many monitors don't march in step. @default 0.1 */
  readonly jitter?: number | undefined
  /** Good answers in a row before an endpoint that was down is up. @default 2 (HAProxy) */
  readonly rise?: number | undefined
  /** Bad answers in a row before an endpoint that was up is down. @default 3 (HAProxy) */
  readonly fall?: number | undefined
  /** Told of every change. */
  readonly onChange: (endpoint: E, healthy: boolean, why: string) => void
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

/** The option checks that pools and monitors share. */
export const healthChecks: Readonly<
  Record<'intervalMs' | 'timeoutMs' | 'jitter' | 'rise' | 'fall' | 'clock' | 'random', Check>
> = {
  intervalMs: check.duration,
  timeoutMs: check.duration,
  jitter: (value: unknown) =>
    typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1',
  rise: check.whole(1, 1000),
  fall: check.whole(1, 1000),
  clock: check.object,
  random: check.function,
}

interface Watch {
  healthy: boolean
  /** Answers in a row that disagree with the present state. */
  against: number
  timer: unknown
  abort: AbortController | null
}

/** Real time. Health checks alone never keep a process alive. */
const realClock: Clock = {
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
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
 * const monitor = createHealthMonitor({ probe: tcpProbe(), onChange: (endpoint, healthy) => console.log(endpoint.name, healthy) })
 * monitor.add({ name: 'db', hostname: '127.0.0.1', port: 5432 })
 * ```
 */
export function createHealthMonitor<E extends object>(options: HealthMonitorOptions<E>): HealthMonitor<E> {
  checkOptions('createHealthMonitor', options, { ...healthChecks, probe: check.function, onChange: check.function })
  for (const name of ['probe', 'onChange'] as const)
    if (options[name] === undefined) throw optionError('createHealthMonitor', name, undefined, 'a function')
  return new HealthMonitor(options)
}

export class HealthMonitor<E extends object> {
  readonly #watches = new Map<E, Watch>()
  readonly #probe: Probe<E>
  readonly #onChange: HealthMonitorOptions<E>['onChange']
  readonly #intervalMs: number
  readonly #timeoutMs: number
  readonly #jitter: number
  readonly #rise: number
  readonly #fall: number
  readonly #clock: Clock
  readonly #random: () => number

  constructor(options: HealthMonitorOptions<E>) {
    this.#probe = options.probe
    this.#onChange = options.onChange
    this.#intervalMs = options.intervalMs ?? 5_000
    this.#timeoutMs = options.timeoutMs ?? 2_000
    this.#jitter = options.jitter ?? 0.1
    this.#rise = options.rise ?? 2
    this.#fall = options.fall ?? 3
    this.#clock = options.clock ?? realClock
    this.#random = options.random ?? Math.random
  }

  /** Starts to watch; the first probe comes within a tenth of the interval. */
  add(endpoint: E): void {
    if (this.#watches.has(endpoint)) return
    const watch: Watch = { healthy: true, against: 0, timer: null, abort: null }
    this.#watches.set(endpoint, watch)
    this.#schedule(endpoint, watch, this.#random() * this.#intervalMs * 0.1)
  }

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
    watch.healthy = false
    this.#onChange(endpoint, false, why)
  }

  isHealthy(endpoint: E): boolean {
    return this.#watches.get(endpoint)?.healthy ?? false
  }

  close(): void {
    for (const endpoint of [...this.#watches.keys()]) this.remove(endpoint)
  }

  #schedule(endpoint: E, watch: Watch, ms: number): void {
    watch.timer = this.#clock.setTimeout(() => void this.#check(endpoint, watch), Math.max(1, Math.round(ms)))
  }

  async #check(endpoint: E, watch: Watch): Promise<void> {
    const abort = new AbortController()
    watch.abort = abort
    const deadline = this.#clock.setTimeout(
      () => abort.abort(new Error(`no answer within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    )
    const asked = watch.healthy
    let well = false
    let why = 'probe answered no'
    try {
      well = await Promise.race([this.#probe(endpoint, abort.signal), aborted(abort.signal)])
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
    this.#clock.clearTimeout(deadline)
    watch.abort = null
    if (this.#watches.get(endpoint) !== watch) return
    // Real traffic may have marked it down while a probe that began before was out: that answer is stale.
    if (asked === watch.healthy) this.#judge(endpoint, watch, well, why)
    this.#schedule(endpoint, watch, this.#intervalMs * (1 - this.#jitter / 2 + this.#random() * this.#jitter))
  }

  #judge(endpoint: E, watch: Watch, well: boolean, why: string): void {
    if (well === watch.healthy) {
      watch.against = 0
      return
    }
    watch.against++
    if (watch.against < (watch.healthy ? this.#fall : this.#rise)) return
    watch.healthy = well
    watch.against = 0
    this.#onChange(endpoint, well, well ? `${this.#rise} good probes` : why)
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
