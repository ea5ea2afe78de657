import { EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Drains } from './drains.js'
import { longestOut } from './early-trial.js'
import type { Endpoint } from './endpoint.js'
import type { HealthKeeper } from './health-keeper.js'
import type { LatencyDigest } from './latency-digest.js'
import { type Lease, type Lessor, PoolLease } from './lease.js'
import type { Levels } from './levels.js'
import { outlookOf, type PoolOutlook } from './outlook.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'
import type { Standing } from './standing.js'
import { tellOfWait } from './telling.js'

export interface LendingParts {
  /** The pool's name. */
  readonly pool: string
  readonly events: EventHub
  readonly levels: Levels
  readonly queue: Queue
  readonly standing: Standing
  readonly health: HealthKeeper
  readonly drains: Drains
  readonly latency: LatencyDigest
  readonly fallback: Pool | null
}

/** Gives endpoints out and takes them back: what runs for every request, so nothing is looked through or made but the lease. */
export class Lending implements Lessor {
  /** Whether the first list of endpoints is still to come, so that there is something to wait for. */
  expecting = false
  readonly pool: string
  readonly #parts: LendingParts
  readonly #levels: Levels
  readonly #queue: Queue
  #closed = false
  #exclude: ReadonlySet<Endpoint> | undefined
  /** Whether what is picked for wants to become a tunnel. */
  #upgrade = false
  #freed: Endpoint | null = null

  constructor(parts: LendingParts) {
    this.pool = parts.pool
    this.#parts = parts
    this.#levels = parts.levels
    this.#queue = parts.queue
  }

  acquire(exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Lease | Promise<Lease> {
    if (this.#closed) throw this.#closing()
    // Those who wait already come first.
    if (this.#queue.easySize === 0) {
      this.#exclude = exclude
      this.#upgrade = isUpgrade(exchange)
      const endpoint = this.#levels.pick(exchange, this.#skip)
      if (endpoint !== undefined) return this.#lend(endpoint, exchange)
    }
    return this.#fullOrOut(exchange, exclude)
  }

  /** Whom `acquire` would lend, without a trace. */
  peek(exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): PoolOutlook {
    const { pool, levels, queue, fallback } = this.#parts
    const { expecting } = this
    return outlookOf({ pool, levels, queue, fallback, expecting, closed: this.#closed }, exchange, exclude)
  }

  answered({ endpoint }: PoolLease, outcome: AttemptOutcome): void {
    endpoint.trials--
    if (endpoint.level !== null) this.#parts.health.note(endpoint, outcome)
    if (this.#queue.size > 0) this.#serve(endpoint)
  }

  returned(lease: PoolLease, outcome: AttemptOutcome): void {
    const { endpoint } = lease
    const { level, concurrency } = endpoint
    if (lease.onTrial && !lease.judged) endpoint.trials--
    if (concurrency !== null) {
      concurrency.settled(outcome, endpoint.inFlight)
      endpoint.refreshLimit()
    }
    endpoint.inFlight--
    if (isUpgrade(lease.exchange)) endpoint.upgrades--
    this.#count(endpoint, outcome)
    if (level !== null) {
      level.balancer.settled?.(endpoint, outcome)
      level.balancer.changed?.(endpoint)
      // What began well counts once more only if it ended badly.
      if (!lease.judged || outcome.error !== null) this.#parts.health.note(endpoint, outcome)
    }
    const { events, drains } = this.#parts
    if (events.has('attempt')) events.emit('attempt', { exchange: lease.exchange, pool: this.#parts.pool, outcome })
    if (this.#queue.size > 0) this.#serve(endpoint)
    if (endpoint.inFlight === 0 && drains.size > 0) drains.end(endpoint, true)
  }

  /** Something changed that may help those who wait, or leave them without hope. */
  pump(): void {
    if (this.#queue.size === 0) return
    this.#queue.pump(this.#grant)
    if (this.#queue.size > 0 && !this.expecting && !this.#some(null, isAvailable))
      this.#queue.reject(this.#noEndpoint())
  }

  /** Whether some endpoint that has not been tried might be; one that is kept out for a while is tried early when no other is left. */
  hasOther(tried: ReadonlySet<Endpoint> | null): boolean {
    return this.#some(tried, ({ mode, healthy, available }) => available || (mode === 'ready' && healthy))
  }

  #some(tried: ReadonlySet<Endpoint> | null | undefined, fits: (endpoint: Endpoint) => boolean): boolean {
    return this.#levels.all.some(({ endpoints }) =>
      endpoints.some((endpoint) => endpoint.weight > 0 && tried?.has(endpoint) !== true && fits(endpoint)),
    )
  }

  close(): void {
    this.#closed = true
    this.#queue.reject(this.#closing())
  }

  /** No endpoint was free: wait for one, or try one that is kept out, or go elsewhere. */
  #fullOrOut(exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Lease | Promise<Lease> {
    const early = this.#queue.easySize === 0 ? this.#endEjection(exclude) : null
    if (early !== null) return this.#lend(early, exchange)
    const { fallback } = this.#parts
    if (this.#some(exclude, isAvailable) || this.expecting) {
      const limited = isUpgrade(exchange) && !this.expecting
      if (limited && !this.#some(exclude, hasRoomForTunnel)) {
        if (fallback === null) throw this.#tunnelLimit()
        return fallback.acquire(exchange, exclude)
      }
      // An upgrade does not take any place, so that requests behind it need not wait for the one that it takes.
      const waiting = this.#queue.wait(exchange, exclude ?? (limited ? NONE : undefined))
      tellOfWait(this.#parts, exchange, waiting)
      return fallback === null ? waiting : waiting.catch((error) => this.#goTo(fallback, error, exchange, exclude))
    }
    if (fallback === null) throw this.#noEndpoint()
    return fallback.acquire(exchange, exclude)
  }

  /** The one that has been out longest begins its trial now, where no other is left. */
  #endEjection(exclude: ReadonlySet<Endpoint> | undefined): Endpoint | null {
    const longest = longestOut(this.#levels, exclude, this.#upgrade, this.#parts.fallback)
    if (longest !== null) this.#parts.standing.tryEarly(longest)
    return longest
  }

  /** Only those who found nobody well, or the line full, have not had their chance of waiting. */
  #goTo(
    fallback: Pool,
    error: unknown,
    exchange: Exchange,
    exclude: ReadonlySet<Endpoint> | undefined,
  ): Lease | Promise<Lease> {
    const code = error instanceof EdgeError ? error.code : null
    if (code !== 'ERR_EDGE_NO_ENDPOINT' && code !== 'ERR_EDGE_QUEUE_FULL') throw error
    return fallback.acquire(exchange, exclude)
  }

  readonly #skip = (endpoint: Endpoint): boolean =>
    !endpoint.available ||
    endpoint.full ||
    (this.#upgrade && endpoint.fullOfTunnels) ||
    this.#exclude?.has(endpoint) === true

  readonly #grant = (exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Lease | null => {
    this.#exclude = exclude
    this.#upgrade = isUpgrade(exchange)
    const endpoint = this.#levels.pick(exchange, this.#skip) ?? this.#endEjection(exclude)
    return endpoint === null ? null : this.#lend(endpoint, exchange)
  }

  /** Gives what has come free at one endpoint to those who wait: no balancer is asked, since all others are full. */
  #serve(endpoint: Endpoint): void {
    this.#freed = endpoint
    this.#queue.pump(this.#grantFreed)
  }

  readonly #grantFreed = (exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Lease | null => {
    const endpoint = this.#freed!
    if (isUpgrade(exchange) && endpoint.fullOfTunnels) return null
    const usable = endpoint.available && endpoint.weight > 0 && !endpoint.full && endpoint.level !== null
    return usable && exclude?.has(endpoint) !== true ? this.#lend(endpoint, exchange) : null
  }

  #lend(endpoint: Endpoint, exchange: Exchange): Lease {
    endpoint.inFlight++
    if (isUpgrade(exchange)) endpoint.upgrades++
    endpoint.attempts++
    if (endpoint.onTrial) endpoint.trials++
    endpoint.level!.balancer.changed?.(endpoint)
    return new PoolLease(endpoint, exchange, this)
  }

  #count(endpoint: Endpoint, { countsAgainst, times, bytes }: AttemptOutcome): void {
    if (countsAgainst) endpoint.failures++
    endpoint.bytes.in += bytes.in
    endpoint.bytes.out += bytes.out
    if (times.firstByteAt === null) return
    const toFirstByte = times.firstByteAt - times.startedAt
    endpoint.latency.record(toFirstByte, times.firstByteAt)
    this.#parts.latency.record(toFirstByte, times.firstByteAt)
  }

  #noEndpoint(): EdgeError {
    const headers = { 'retry-after': '1' }
    return new EdgeError('ERR_EDGE_NO_ENDPOINT', `no endpoint of pool ${this.#parts.pool} may take traffic`, {
      headers,
    })
  }

  #tunnelLimit(): EdgeError {
    return new EdgeError('ERR_EDGE_TUNNEL_LIMIT', `every endpoint of pool ${this.#parts.pool} has maxTunnels`, {
      headers: { 'retry-after': '1' },
    })
  }

  #closing(): EdgeError {
    return new EdgeError('ERR_EDGE_CLOSING', `pool ${this.#parts.pool} is closed`)
  }
}

const NONE: ReadonlySet<Endpoint> = new Set()

function isUpgrade({ upgrade }: Exchange): boolean {
  return upgrade !== null && upgrade !== undefined
}

function hasRoomForTunnel({ available, fullOfTunnels }: Endpoint): boolean {
  return available && !fullOfTunnels
}

function isAvailable({ available }: Endpoint): boolean {
  return available
}
