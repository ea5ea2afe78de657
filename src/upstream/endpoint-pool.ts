import type { Balancer } from '../balancing/balancer.js'
import { EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import { check, checkOptions, optionError } from '../options.js'
import type { ConcurrencyLimit } from './concurrency-limit.js'
import { type Discovery, type EndpointList, followDiscovery } from './discovery.js'
import { type DrainOptions, Drains, letTunnelsGo } from './drains.js'
import type { ConnectOptions, Endpoint, EndpointLimits, EndpointOptions } from './endpoint.js'
import type { HealthKeeper } from './health-keeper.js'
import { LatencyDigest } from './latency-digest.js'
import type { Lease } from './lease.js'
import { Lending } from './lending.js'
import { Levels, type LevelsOptions } from './levels.js'
import { Membership } from './membership.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'
import type { RetryBudget } from './retry-budget.js'
import { SlowStart } from './slow-start.js'
import { type PoolSnapshot, snapshotEndpoint, snapshotLatency, snapshotLevel } from './snapshot.js'
import { Standing } from './standing.js'

/** The parts a pool is made of. */
export interface PoolParts {
  readonly name: string
  readonly endpoints: EndpointList
  readonly balancer: Balancer<Endpoint>
  /** Makes who looks after health; it may ask for the endpoints once the first is added. */
  readonly health: (pool: EndpointPool) => HealthKeeper
  readonly levels: Omit<LevelsOptions, 'onPanic'>
  readonly slowStartMs: number
  readonly limits: EndpointLimits
  readonly concurrency: (() => ConcurrencyLimit) | undefined
  readonly queue: Queue
  readonly retryBudget: RetryBudget
  readonly connect: ConnectOptions
  readonly events: EventHub
  readonly fallback: Pool | null
  readonly discovery: Discovery | undefined
}

/** The pool that `createPool` puts together: who its endpoints are, how they are, and who has them. */
export class EndpointPool implements Pool {
  readonly name: string
  readonly events: EventHub
  readonly retryBudget: RetryBudget
  readonly latency: LatencyDigest = new LatencyDigest()
  readonly discovers: boolean
  readonly discovered: Promise<void>
  readonly #queue: Queue
  readonly #health: HealthKeeper
  readonly #levels: Levels
  readonly #drains = new Drains()
  readonly #slowStart: SlowStart
  readonly #standing: Standing
  readonly #lending: Lending
  readonly #members: Membership
  readonly #fallback: Pool | null
  readonly #discovered = Promise.withResolvers<void>()
  readonly #unfollow: (() => void) | null
  #closed = false

  constructor(parts: PoolParts) {
    const { name: pool, events, fallback, queue } = parts
    this.name = pool
    this.events = events
    this.retryBudget = parts.retryBudget
    this.#queue = queue
    this.#fallback = fallback
    const drains = this.#drains
    const health = parts.health(this)
    const levels = new Levels(parts.balancer, { ...parts.levels, onPanic: (panic) => this.#sayPanic(panic) })
    const slowStart = new SlowStart({ durationMs: parts.slowStartMs, onStep: (endpoint) => this.#warmed(endpoint) })
    const standing = new Standing({ pool, events, levels, slowStart })
    this.#health = health
    this.#levels = levels
    this.#slowStart = slowStart
    this.#standing = standing
    this.#lending = new Lending({
      ...{ pool, events, levels, queue, standing, health, drains, fallback },
      latency: this.latency,
    })
    const { connect, limits, concurrency } = parts
    this.#members = new Membership({
      ...{ pool, events, levels, standing, slowStart, health, drains },
      ...{ connect, limits, concurrency },
    })
    this.#members.begin(parts.endpoints)
    this.discovers = parts.discovery !== undefined
    this.discovered = this.#discovered.promise
    // Nobody may be waiting for it.
    this.discovered.catch(() => {})
    this.#unfollow = this.#follow(parts.discovery)
  }

  get endpoints(): readonly Endpoint[] {
    return this.#members.endpoints
  }

  get queued(): number {
    return this.#queue.size
  }

  acquire(exchange: Exchange, exclude?: ReadonlySet<Endpoint>): Lease | Promise<Lease> {
    return this.#lending.acquire(exchange, exclude)
  }

  hasOther(tried: ReadonlySet<Endpoint> | null): boolean {
    return this.#lending.hasOther(tried) || this.#fallback?.hasOther(tried) === true
  }

  add(options: string | URL | EndpointOptions): Endpoint {
    const endpoint = this.#members.add(options)
    this.#lending.pump()
    return endpoint
  }

  remove(name: string, options?: DrainOptions): Promise<boolean> {
    checkDrain('remove', options)
    const removed = this.#members.remove(this.#members.find(name), options)
    this.#lending.pump()
    return removed
  }

  sync(list: EndpointList): void {
    if (!Array.isArray(list)) throw optionError('sync', 'list', list, 'an array of endpoints')
    this.#sync(list, 'by operator')
  }

  drain(name: string, options?: DrainOptions): Promise<boolean> {
    checkDrain('drain', options)
    const endpoint = this.#setMode(name, 'drain')
    letTunnelsGo(endpoint, options)
    return this.#drains.wait(endpoint, options)
  }

  ready(name: string): void {
    const endpoint = this.#setMode(name, 'ready')
    endpoint.tunnels.stay()
    this.#drains.end(endpoint, false)
  }

  maintenance(name: string): void {
    this.#setMode(name, 'maintenance')
  }

  setWeight(name: string, weight: number): void {
    const allowed = check.whole(0, 65_535)(weight)
    if (allowed !== undefined) throw optionError('setWeight', 'weight', weight, allowed)
    this.#members.reweigh(this.#members.find(name), weight)
    this.#lending.pump()
  }

  snapshot(): PoolSnapshot {
    return {
      name: this.name,
      queued: this.queued,
      panic: this.#levels.panic,
      retryTokens: this.retryBudget.left,
      levels: this.#levels.all.map(snapshotLevel),
      endpoints: this.endpoints.map(snapshotEndpoint),
      latency: snapshotLatency(this.latency),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#unfollow?.()
    this.#discovered.reject(new EdgeError('ERR_EDGE_CLOSING', `pool ${this.name} is closed`))
    this.#slowStart.close()
    this.#health.close()
    this.#lending.close()
    await Promise.all(this.endpoints.map((endpoint) => endpoint.release()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal Probes or traffic changed an endpoint. */
  healthChanged(endpoint: Endpoint, why: string): void {
    if (endpoint.level === null) return
    this.#standing.moved(endpoint, why)
    this.#lending.pump()
  }

  #setMode(name: string, mode: Endpoint['mode']): Endpoint {
    const endpoint = this.#members.find(name)
    endpoint.mode = mode
    this.#standing.moved(endpoint, 'by operator', mode)
    this.#lending.pump()
    return endpoint
  }

  #sync(list: EndpointList, why: string): void {
    this.#members.sync(list, why)
    this.#lending.expecting = false
    this.#lending.pump()
    this.#discovered.resolve()
  }

  #follow(discovery: Discovery | undefined): (() => void) | null {
    if (discovery === undefined) {
      this.#discovered.resolve()
      return null
    }
    this.#lending.expecting = this.endpoints.length === 0
    return followDiscovery(discovery, {
      apply: (list) => {
        // A source that lost its data says the same; traffic and probes find out who is really gone.
        if (list.length === 0 && this.endpoints.length > 0) this.#sayStale('its list is empty')
        else this.#sync(list, 'discovery')
      },
      failed: (error) => this.#sayStale(error.message),
    })
  }

  #warmed(endpoint: Endpoint): void {
    if (endpoint.warmth === 1) this.#standing.note(endpoint, 'warmed up')
    endpoint.level?.balancer.changed?.(endpoint)
    this.#lending.pump()
  }

  #sayPanic(panic: boolean): void {
    const why = panic ? 'too few endpoints are well' : 'enough endpoints are well'
    this.events.emit('pool', { pool: this.name, change: panic ? 'panic' : 'calm', why })
  }

  #sayStale(why: string): void {
    this.events.emit('pool', { pool: this.name, change: 'stale', why })
  }
}

function checkDrain(factory: string, options: DrainOptions = {}): void {
  checkOptions(factory, options, { deadlineMs: check.duration, cut: check.boolean, keepTunnels: check.boolean })
}
