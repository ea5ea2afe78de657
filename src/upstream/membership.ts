import type { EventHub } from '../events.js'
import { optionError } from '../options.js'
import { checkEndpoint } from './address.js'
import type { ConcurrencyLimit } from './concurrency-limit.js'
import type { EndpointList } from './discovery.js'
import { type DrainOptions, type Drains, letTunnelsGo } from './drains.js'
import { type ConnectOptions, Endpoint, type EndpointLimits, type EndpointOptions } from './endpoint.js'
import type { HealthKeeper } from './health-keeper.js'
import type { Levels } from './levels.js'
import type { SlowStart } from './slow-start.js'
import type { Standing } from './standing.js'

export interface MembershipParts {
  /** The pool's name. */
  readonly pool: string
  readonly events: EventHub
  readonly levels: Levels
  readonly standing: Standing
  readonly slowStart: SlowStart
  readonly health: HealthKeeper
  readonly drains: Drains
  readonly connect: ConnectOptions
  readonly limits: EndpointLimits
  readonly concurrency: (() => ConcurrencyLimit) | undefined
}

/** Which endpoints a pool has, and how they come and go. */
export class Membership {
  readonly #parts: MembershipParts
  #endpoints: readonly Endpoint[] = []

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  find(name: string): Endpoint {
    const endpoint = this.#endpoints.find((each) => each.name === name)
    if (endpoint !== undefined) return endpoint
    const names = this.#endpoints.map((each) => each.name).join(', ')
    throw optionError(`pool ${this.#parts.pool}`, 'name', name, names || 'none: the pool is empty')
  }

  /** The endpoints that a pool begins with: nobody has to start slowly, and there is no news. */
  begin(list: EndpointList): void {
    const endpoints = this.#read(list, 'createPool')
    this.#replace(endpoints, 'createPool')
    for (const endpoint of endpoints) this.#join(endpoint)
  }

  add(options: string | URL | EndpointOptions): Endpoint {
    const [endpoint] = this.#read([options], 'add') as [Endpoint]
    if (this.#endpoints.some(({ name }) => name === endpoint.name))
      throw optionError('add', 'endpoint', endpoint.name, 'a name that the pool does not have')
    const others = this.#endpoints
    this.#replace([...others, endpoint], 'add')
    this.#join(endpoint)
    this.#welcome([endpoint], others, 'by operator')
    return endpoint
  }

  async remove(endpoint: Endpoint, options?: DrainOptions): Promise<boolean> {
    const rest = this.#endpoints.filter((each) => each !== endpoint)
    this.#replace(rest, 'remove')
    letTunnelsGo(endpoint, options)
    return this.#leave(endpoint, 'by operator', options)
  }

  reweigh(endpoint: Endpoint, weight: number): void {
    endpoint.weight = weight
    this.#parts.levels.rebuild(this.#endpoints)
    this.#parts.standing.say(endpoint, 'weight', 'by operator')
  }

  /** Takes on a list as it is: who is not on it leaves, who is new joins, and the others get what it says of them. */
  sync(list: EndpointList, why: string): void {
    const listed = this.#read(list, 'sync')
    // Before anything is touched: a list that the balancer can't serve changes nothing.
    this.#parts.levels.check(listed, 'sync')
    const present = new Map(this.#endpoints.map((endpoint) => [endpoint.name, endpoint]))
    const kept = new Map<Endpoint, Endpoint>()
    const fresh: Endpoint[] = []
    for (const each of listed) {
      const old = present.get(each.name)
      if (old?.isAt(each) === true) kept.set(old, each)
      else fresh.push(each)
    }
    const gone = this.#endpoints.filter((endpoint) => !kept.has(endpoint))
    const changes = [...kept].flatMap(([old, now]) => adopt(old, now).map((change) => ({ old, change })))
    if (gone.length === 0 && fresh.length === 0 && changes.length === 0) return
    this.#replace([...kept.keys(), ...fresh], 'sync')
    for (const endpoint of gone) {
      this.#leave(endpoint, why).catch((error: unknown) =>
        this.#parts.events.emit('fault', { where: `closing connections to ${endpoint.name}`, error }),
      )
    }
    for (const { old, change } of changes) this.#parts.standing.say(old, change, why)
    for (const endpoint of fresh) this.#join(endpoint)
    this.#welcome(fresh, [...kept.keys()], why)
  }

  #read(list: EndpointList, factory: string): Endpoint[] {
    const { connect, limits } = this.#parts
    const names = new Set<string>()
    return list.map((each) => {
      const endpoint = new Endpoint(checkEndpoint(each, factory), connect, factory, limits)
      if (names.has(endpoint.name))
        throw optionError(factory, 'endpoints', endpoint.name, 'endpoints of different names')
      names.add(endpoint.name)
      return endpoint
    })
  }

  #replace(endpoints: readonly Endpoint[], factory: string): void {
    this.#parts.levels.check(endpoints, factory)
    this.#endpoints = endpoints
    this.#parts.levels.rebuild(endpoints)
  }

  #join(endpoint: Endpoint): void {
    endpoint.concurrency = this.#parts.concurrency?.() ?? null
    endpoint.refreshLimit()
    this.#parts.health.add(endpoint)
  }

  /** Newcomers start slowly where others are at work. */
  #welcome(fresh: readonly Endpoint[], others: readonly Endpoint[], why: string): void {
    const { slowStart, standing } = this.#parts
    const slowly = others.some(({ available, weight }) => available && weight > 0)
    for (const endpoint of fresh) {
      if (slowly) slowStart.begin(endpoint)
      endpoint.why = why
      standing.note(endpoint, why)
      standing.say(endpoint, 'added', why)
    }
  }

  async #leave(endpoint: Endpoint, why: string, options?: DrainOptions): Promise<boolean> {
    const { health, slowStart, standing, drains } = this.#parts
    health.remove(endpoint)
    slowStart.stop(endpoint)
    endpoint.level = null
    endpoint.mode = 'drain'
    standing.note(endpoint, why)
    standing.say(endpoint, 'removed', why)
    const idle = await drains.wait(endpoint, options)
    // After the deadline busy connections close when they are done, and nobody waits for them.
    const closed = endpoint.release()
    if (idle) await closed
    else closed.catch((error: unknown) => this.#parts.events.emit('fault', { where: 'remove', error }))
    return idle
  }
}

/** Takes over what a new list says of an endpoint that stays. A weight that the operator set holds until the list names another. */
function adopt(old: Endpoint, now: Endpoint): ('weight' | 'moved')[] {
  const changes: ('weight' | 'moved')[] = []
  if (now.configuredWeight !== old.configuredWeight) {
    old.configuredWeight = now.configuredWeight
    old.weight = now.configuredWeight
    changes.push('weight')
  }
  if (now.priority !== old.priority || now.zone !== old.zone) {
    old.priority = now.priority
    old.zone = now.zone
    changes.push('moved')
  }
  if (now.maxConnections !== old.maxConnections) {
    old.maxConnections = now.maxConnections
    old.refreshLimit()
  }
  old.maxTunnels = now.maxTunnels
  return changes
}
