import type { Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'

/**
 * Looks whether something that this process cannot do without is there. It is not if this returns `false` or rejects.
 *
 * @param signal Aborts when the time is up.
 */
export type HealthCheck = (signal: AbortSignal) => unknown

export interface CheckTimes {
  /** How long one may take. */
  readonly timeoutMs: Milliseconds
  /** How long its result counts. */
  readonly cacheMs: Milliseconds
  readonly clock: Clock
  now(): Milliseconds
}

/** Checks that run at most once at a time, however many ask, and whose results count for a while. */
export class SharedChecks {
  readonly #checks: readonly (readonly [name: string, check: HealthCheck])[]
  readonly #times: CheckTimes
  /** Those that have not come to an end though their time was up: no other is begun behind them. */
  readonly #stuck = new Set<string>()
  #failed: readonly string[] = []
  #until = -Infinity
  #running: Promise<readonly string[]> | null = null

  constructor(checks: Readonly<Record<string, HealthCheck>>, times: CheckTimes) {
    this.#checks = Object.entries(checks)
    this.#times = times
  }

  /** Names of those that fail. */
  failed(): readonly string[] | Promise<readonly string[]> {
    if (this.#checks.length === 0 || this.#times.now() < this.#until) return this.#failed
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<readonly string[]> {
    const results = await Promise.all(this.#checks.map(([name, check]) => this.#passes(name, check)))
    this.#failed = this.#checks.flatMap(([name], at) => (results[at] ? [] : [name]))
    this.#until = this.#times.now() + this.#times.cacheMs
    this.#running = null
    return this.#failed
  }

  async #passes(name: string, check: HealthCheck): Promise<boolean> {
    if (this.#stuck.has(name)) return false
    this.#stuck.add(name)
    const { clock, timeoutMs } = this.#times
    const controller = new AbortController()
    const late = Promise.withResolvers<boolean>()
    const timer = clock.setTimeout(() => {
      controller.abort()
      late.resolve(false)
    }, timeoutMs)
    const asked = outcomeOf(check, controller.signal).finally(() => this.#stuck.delete(name))
    const well = await Promise.race([asked, late.promise])
    clock.clearTimeout(timer)
    return well
  }
}

async function outcomeOf(check: HealthCheck, signal: AbortSignal): Promise<boolean> {
  try {
    return (await check(signal)) !== false
  } catch {
    return false
  }
}
