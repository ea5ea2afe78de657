import type { Balancer } from '../balancing/balancer.js'
import { EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import { check, optionError } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import { checkEndpoint } from './address.js'
import { type ConnectOptions, Endpoint, type EndpointOptions } from './endpoint.js'
import { LatencyDigest } from './latency-digest.js'
import { type Lease, PoolLease } from './lease.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'
import type { RetryBudget } from './retry-budget.js'

/** What a pool asks of whoever looks after its endpoints' health. */
export interface HealthKeeper {
  add(endpoint: Endpoint): void
  remove(endpoint: Endpoint): void
  /** Notes what an attempt showed. */
  note(endpoint: Endpoint, outcome: AttemptOutcome): void
  close(): void
}

/** The parts a pool is made of. */
export interface PoolParts {
  readonly name: string
  readonly endpoints: readonly (string | URL | EndpointOptions)[]
  readonly balancer: Balancer<Endpoint>
  readonly health: (pool: EndpointPool) => HealthKeeper
  readonly maxConnections: number
  readonly queue: Queue
  readonly retryBudget: RetryBudget
  readonly connect: ConnectOptions
  readonly events: EventHub
}

/** The pool that `createPool` puts together. */
export class EndpointPool implements Pool {
  readonly name: string
  readonly events: EventHub
  readonly retryBudget: RetryBudget
  readonly latency: LatencyDigest = new LatencyDigest()
  readonly #balancer: Balancer<Endpoint>
  readonly #health: HealthKeeper
  readonly #queue: Queue
  readonly #connect: ConnectOptions
  readonly #maxConnections: number
  #endpoints: readonly Endpoint[] = []
  #exclude: ReadonlySet<Endpoint> | undefined
  #idle: (() => void)[] = []
  #closed = false

  constructor(parts: PoolParts) {
    this.name = parts.name
    this.events = parts.events
    this.retryBudget = parts.retryBudget
    this.#balancer = parts.balancer
    this.#maxConnections = parts.maxConnections
    this.#queue = parts.queue
    this.#connect = parts.connect
    this.#endpoints = parts.endpoints.map((each) => this.#make(each))
    const twice = this.#endpoints.find(
      (endpoint, at) => this.#endpoints.findIndex(({ name }) => name === endpoint.name) !== at,
    )
    if (twice !== undefined) throw optionError('createPool', 'endpoints', twice.name, 'endpoints of different names')
    this.#balancer.rebuild(this.#endpoints)
    this.#health = parts.health(this)
    for (const endpoint of this.#endpoints) this.#health.add(endpoint)
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  get queued(): number {
    return this.#queue.size
  }

  acquire(exchange: Exchange, exclude?: ReadonlySet<Endpoint>): Lease | Promise<Lease> {
    if (this.#closed) throw new EdgeError('ERR_EDGE_CLOSING', `pool ${this.name} is closed`)
    // Those who wait already come first.
    if (this.#queue.size === 0) {
      const lease = this.#grant(exchange, exclude)
      if (lease !== null) return lease
    }
    const candidates = this.#endpoints.filter((endpoint) => exclude === undefined || !exclude.has(endpoint))
    if (candidates.some((endpoint) => endpoint.available && endpoint.weight > 0))
      return this.#queue.wait(exchange, exclude)
    // Every endpoint that is left failed real traffic lately, but none is known to be down: better to try one than to give up.
    this.#exclude = exclude
    const lastResort = this.#balancer.pick(exchange, this.#skipUnlessEjected)
    if (lastResort !== undefined) return this.#lend(lastResort)
    throw this.#noEndpoint()
  }

  hasOther(tried: ReadonlySet<Endpoint> | null): boolean {
    return this.#endpoints.some(
      (endpoint) =>
        tried?.has(endpoint) !== true && endpoint.mode === 'ready' && endpoint.healthy && endpoint.weight > 0,
    )
  }

  add(options: string | URL | EndpointOptions): Endpoint {
    const endpoint = this.#make(options)
    if (this.#endpoints.some(({ name }) => name === endpoint.name))
      throw optionError('add', 'endpoint', endpoint.name, 'a name that the pool does not have')
    this.#endpoints = [...this.#endpoints, endpoint]
    this.#health.add(endpoint)
    this.#rebuilt(endpoint, 'added')
    return endpoint
  }

  async remove(name: string): Promise<void> {
    const endpoint = this.#find(name)
    this.#endpoints = this.#endpoints.filter((each) => each !== endpoint)
    this.#health.remove(endpoint)
    endpoint.mode = 'drain'
    endpoint.refresh()
    this.#rebuilt(endpoint, 'removed')
    await this.#whenIdle(endpoint)
    await endpoint.release()
  }

  async drain(name: string): Promise<void> {
    const endpoint = this.#find(name)
    this.#setMode(endpoint, 'drain')
    await this.#whenIdle(endpoint)
  }

  ready(name: string): void {
    this.#setMode(this.#find(name), 'ready')
  }

  maintenance(name: string): void {
    this.#setMode(this.#find(name), 'maintenance')
  }

  setWeight(name: string, weight: number): void {
    const allowed = check.whole(0, 65_535)(weight)
    if (allowed !== undefined) throw optionError('setWeight', 'weight', weight, allowed)
    const endpoint = this.#find(name)
    endpoint.weight = weight
    this.#rebuilt(endpoint, 'weight')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#health.close()
    this.#queue.reject(new EdgeError('ERR_EDGE_CLOSING', `pool ${this.name} is closed`))
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.release()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal A lease has come back. */
  returned(endpoint: Endpoint, outcome: AttemptOutcome): void {
    endpoint.inFlight--
    const { startedAt, firstByteAt } = outcome.times
    if (firstByteAt !== null) this.latency.record(firstByteAt - startedAt)
    this.#balancer.changed?.(endpoint)
    this.#health.note(endpoint, outcome)
    if (this.events.has('attempt')) this.events.emit('attempt', { pool: this.name, outcome })
    if (this.#queue.size > 0) this.#queue.pump(this.#grant)
    if (endpoint.inFlight === 0 && this.#idle.length > 0) for (const done of this.#idle.splice(0)) done()
  }

  /** @internal Probes or traffic changed an endpoint. */
  healthChanged(endpoint: Endpoint, why: string): void {
    if (!endpoint.refresh()) return
    this.#changed(endpoint, endpoint.available ? 'up' : 'down', why)
  }

  readonly #grant = (exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Lease | null => {
    this.#exclude = exclude
    const endpoint = this.#balancer.pick(exchange, this.#skip)
    return endpoint === undefined ? null : this.#lend(endpoint)
  }

  readonly #skip = (endpoint: Endpoint): boolean =>
    !endpoint.available || endpoint.inFlight >= this.#maxConnections || this.#exclude?.has(endpoint) === true

  readonly #skipUnlessEjected = (endpoint: Endpoint): boolean =>
    !(endpoint.ejected && endpoint.healthy && endpoint.mode === 'ready') ||
    endpoint.inFlight >= this.#maxConnections ||
    this.#exclude?.has(endpoint) === true

  #noEndpoint(): EdgeError {
    const headers = { 'retry-after': '1' }
    return new EdgeError('ERR_EDGE_NO_ENDPOINT', `no endpoint of pool ${this.name} may take traffic`, { headers })
  }

  #lend(endpoint: Endpoint): Lease {
    endpoint.inFlight++
    endpoint.attempts++
    this.#balancer.changed?.(endpoint)
    return new PoolLease(endpoint, this)
  }

  #make(options: string | URL | EndpointOptions): Endpoint {
    return new Endpoint(checkEndpoint(options, 'createPool'), this.#connect, 'createPool')
  }

  #find(name: string): Endpoint {
    const endpoint = this.#endpoints.find((each) => each.name === name)
    if (endpoint === undefined)
      throw optionError(
        `pool ${this.name}`,
        'name',
        name,
        this.#endpoints.map((each) => each.name).join(', ') || 'none: the pool is empty',
      )
    return endpoint
  }

  #setMode(endpoint: Endpoint, mode: Endpoint['mode']): void {
    endpoint.mode = mode
    endpoint.refresh()
    this.#changed(endpoint, mode, 'by operator')
  }

  #rebuilt(endpoint: Endpoint, change: 'added' | 'removed' | 'weight'): void {
    this.#balancer.rebuild(this.#endpoints)
    this.#changed(endpoint, change, 'by operator')
  }

  #changed(
    endpoint: Endpoint,
    change: 'added' | 'removed' | 'up' | 'down' | 'drain' | 'ready' | 'maintenance' | 'weight',
    why: string,
  ): void {
    this.events.emit('endpoint', { pool: this.name, endpoint: endpoint.name, change, why })
    if (this.#queue.size === 0) return
    this.#queue.pump(this.#grant)
    if (!this.#endpoints.some((each) => each.available && each.weight > 0)) this.#queue.reject(this.#noEndpoint())
  }

  async #whenIdle(endpoint: Endpoint): Promise<void> {
    while (endpoint.inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
}
