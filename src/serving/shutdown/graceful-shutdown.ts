import { EdgeError } from '../../errors.js'
import { events as sharedEvents } from '../../events.js'
import type { ServedGateway } from '../../gateway.js'
import { loadPackage } from '../../load-package.js'
import type { Milliseconds } from '../../options.js'
import type { ShutdownReport } from '../../shutdown-report.js'
import type { Departure } from './departure.js'
import { Patience } from './patience.js'
import { checkShutdown, departureOf, type ShutdownOptions, type StoppableServer } from './shutdown-options.js'

/** A shutdown that waits for its signal. */
export interface GracefulShutdown extends Disposable {
  /** Whether it has begun. */
  readonly begun: boolean
  /** Resolves with what came of it. */
  readonly done: Promise<ShutdownReport>
  /** Begins it; called a second time, cuts what is left at once. */
  shutDown(reason?: string): Promise<ShutdownReport>
  /** Stops listening for signals, as when what it was for has ended otherwise. */
  [Symbol.dispose](): void
}

/**
 * Ends servers and gateways without losing a request: on a signal they say that they leave, serve on for `delayMs`, stop listening, finish
 * what is under way, tell WebSockets and event streams to go elsewhere, and cut at the end of `graceMs` what is left. The process then ends by
 * itself. A second signal cuts at once.
 *
 * Call it before the servers listen: connections that were there before are not known to it.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const shutdown = gracefulShutdown(server, { gateways: [gateway], delayMs: 5_000, graceMs: 20_000, onShutdown: () => users.close() })
 * server.listen(8080)
 * console.log(await shutdown.done) // { reason: 'SIGTERM', requests: 12, tunnels: 3, cut: 0, tookMs: 5840 }
 * ```
 */
export function gracefulShutdown(
  servers: StoppableServer | readonly StoppableServer[],
  options: ShutdownOptions = {},
): GracefulShutdown {
  checkShutdown(options)
  const list = Array.isArray(servers) ? (servers as readonly StoppableServer[]) : [servers as StoppableServer]
  return new ProcessShutdown(list.map(departureOf), options)
}

/** How long what has been cut may take to be gone: gateways give their clients a second. */
const LAST_MS = 1_500

class ProcessShutdown implements GracefulShutdown {
  readonly done: Promise<ShutdownReport>
  readonly #departures: readonly Departure[]
  readonly #gateways: readonly ServedGateway[]
  readonly #options: ShutdownOptions
  readonly #graceMs: Milliseconds
  readonly #signals: readonly NodeJS.Signals[]
  readonly #patience = new Patience()
  readonly #settle: (report: ShutdownReport) => void
  #begun = false

  constructor(departures: readonly Departure[], options: ShutdownOptions) {
    this.#departures = departures
    this.#options = options
    this.#gateways = (options.gateways ?? []).map((each) => ('gateway' in each ? each.gateway : each))
    this.#graceMs = options.graceMs ?? 10_000
    this.#signals = options.signals ?? ['SIGTERM', 'SIGINT']
    const { promise, resolve } = Promise.withResolvers<ShutdownReport>()
    this.done = promise
    this.#settle = resolve
    for (const signal of this.#signals) process.on(signal, this.#onSignal)
  }

  get begun(): boolean {
    return this.#begun
  }

  shutDown(reason = 'shutDown'): Promise<ShutdownReport> {
    if (this.#begun) this.#hurry()
    else void this.#run(reason)
    return this.done
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal)
    if (!this.#begun) for (const each of this.#departures) each.forget()
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => void this.shutDown(signal)

  /** No more patience: gateways cut what they have, and the rest of the way is short. */
  #hurry(): void {
    for (const { traffic } of this.#gateways) traffic.cut(new EdgeError('ERR_EDGE_CLOSING', 'asked to shut down again'))
    this.#patience.lose()
  }

  async #run(reason: string): Promise<void> {
    this.#begun = true
    const began = performance.now()
    const { delayMs = 0, beforeShutdown, onShutdown, logger, exit = false } = this.#options
    const hub = this.#options.events ?? sharedEvents
    hub.emit('shutdown', { change: 'begun', reason, report: null })
    logger?.info({ reason }, 'shutting down')
    for (const { traffic } of this.#gateways) traffic.leave()
    for (const each of this.#departures) each.leave()
    const told = this.#trying('beforeShutdown', () => beforeShutdown?.(reason))
    if (delayMs > 0) await this.#patience.for(new Promise(() => {}), delayMs)
    const stopping = this.#departures.map((each) => each.stop())
    const gone = stopping.map((each) => this.#trying('close', () => each.gone))
    // What had been accepted by then is still served: it could not know.
    await this.#patience.for(Promise.all(stopping.map(({ asked }) => asked)), LAST_MS)
    const tunnels = sum(this.#gateways, ({ traffic }) => traffic.tunnels)
    const requests = sum(this.#gateways, ({ traffic }) => traffic.requests) - tunnels
    const closed = this.#gateways.map((each) => this.#trying('close', () => each.close({ graceMs: this.#graceMs })))
    const cut = await this.#finish(Promise.all(closed), Promise.all([told, ...closed, ...gone]))
    const tidied = this.#trying('onShutdown', () => onShutdown?.())
    await new Patience().for(tidied, Math.max(this.#graceMs, LAST_MS))
    for (const each of this.#departures) each.forget()
    this[Symbol.dispose]()
    const report = { reason, requests, tunnels, cut, tookMs: Math.round(performance.now() - began) }
    hub.emit('shutdown', { change: 'done', reason, report })
    logger?.info(report, 'shut down')
    // A worker's channel to its primary would keep it alive; this also says that it has left by its own will.
    const { worker } = loadPackage<typeof import('node:cluster').default>('node:cluster', 'gracefulShutdown')
    if (worker?.isConnected() === true) worker.disconnect()
    this.#settle(report)
    if (exit) process.exit()
  }

  /** Waits for the end of everything, and at the end of the grace makes one. Returns what had to be cut. */
  async #finish(closed: Promise<unknown>, over: Promise<unknown>): Promise<number> {
    let connections = 0
    if (!(await this.#patience.for(over, this.#graceMs))) {
      const last = new Patience()
      // What gateways cut gets a reply if there is still time for one.
      await last.for(closed, LAST_MS)
      connections = sum(this.#departures, (each) => each.cut())
      await last.for(over, LAST_MS)
    }
    return connections + sum(this.#gateways, ({ traffic }) => traffic.broken)
  }

  /** Runs somebody else's code, whose failure is told and ends nothing. */
  async #trying(where: string, run: () => unknown): Promise<void> {
    try {
      await run()
    } catch (error) {
      ;(this.#options.events ?? sharedEvents).emit('fault', { where: `gracefulShutdown ${where}`, error })
    }
  }
}

function sum<T>(list: readonly T[], count: (each: T) => number): number {
  return list.reduce((total, each) => total + count(each), 0)
}
