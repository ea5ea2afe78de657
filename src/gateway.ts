import { EdgeError } from './errors.js'
import { type EventHub, events as sharedEvents } from './events.js'
import type { Handler } from './filter.js'
import { type CloseOptions, checkGateway, type GatewayOptions } from './gateway-options.js'
import { GatewayPlan, type Routed } from './gateway-plan.js'
import { Upkeep } from './gateway-upkeep.js'
import type { TargetPolicy } from './http/target.js'
import { compileTrust, type Trust } from './http/trust.js'
import { type ExplainOptions, explainTo } from './observing/explain/explain.js'
import type { Explanation } from './observing/explain/explanation.js'
import type { Explainable } from './observing/explain/question.js'
import type { GatewayPhase, Phased } from './observing/vitals/gateway-phase.js'
import { check, checkOptions, type Milliseconds, optionError } from './options.js'
import type { Route } from './routing/route.js'
import type { Question } from './routing/route-table.js'
import { Traffic } from './traffic.js'

/** What adapters ask of a gateway. */
export interface ServedGateway extends AsyncDisposable, Phased {
  /** Where its events go. */
  readonly events: EventHub
  /** Resolves when every filter that it was made with has started; requests that come before wait for it. */
  readonly ready: Promise<void>
  readonly trust: Trust
  readonly trusted: boolean
  readonly policy: TargetPolicy
  readonly dropUnderscored: boolean
  /** What is under way. */
  readonly traffic: Traffic
  /** The routes it goes by, in their order. */
  readonly routes: readonly Route[]
  route(question: Question): Routed
  /**
   * What would become of a request, and why: its target, the client, the route and why the others do not match, what each filter says, the
   * endpoint, and the fields that would go out. Nothing is sent, spent, stored or counted, and no turn is taken.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
   * @example
   * ```ts
   * console.log(String(await gateway.explain({ url: '/api/users/7', headers: { cookie: 'a=b' } }, { base: '/api' })))
   * ```
   */
  explain(request: Explainable, options?: ExplainOptions): Promise<Explanation>
  /**
   * Takes no new requests, waits for those under way, ends tunnels and event streams, at the latest after `graceMs`; then closes filters
   * and the pools it owns. A second call cuts what is left at once.
   */
  close(options?: CloseOptions): Promise<void>
}

/** Routes and shared filters, composed once. Give it to an adapter. */
export interface Gateway extends ServedGateway {
  /**
   * Goes by other routes, filters and trusted proxies from now on, under the same middleware, and from one request to the next: none sees
   * some of the old and some of the new. Filters that were not there start first; if one does not, or an option is wrong, nothing has
   * changed.
   *
   * Exchanges under way, pipelined requests that wait their turn, and tunnels end as they began. Filters, and handlers with pools of their
   * own, that are on no route any more are closed behind the last of them, and what both have is neither started nor closed: give the same
   * object again to keep its state. Reloads take turns; the `reloaded` event of `gateway` tells of each.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a filter that has been closed meanwhile; `ERR_EDGE_FILTER_ORDER`;
   * `ERR_EDGE_CLOSING`; what a filter's `start` rejects with.
   * @example
   * ```ts
   * await gateway.reload({ filters, routes: [...routes, { path: '/v2/**', handler: forward({ pool: second }) }] })
   * ```
   */
  reload<const Paths extends readonly string[]>(options: GatewayOptions<Paths>): Promise<void>
}

/**
 * Makes a gateway.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_FILTER_ORDER` for a cache in front of an access rule.
 * @example
 * ```ts
 * const gateway = createGateway({
 *   routes: [{ path: '/users/**', methods: ['GET', 'POST'], handler: forward({ pool: users }) }],
 * })
 * app.use('/api', toExpress(gateway, { base: '/api' }))
 * ```
 */
export function createGateway<const Paths extends readonly string[]>(options: GatewayOptions<Paths>): Gateway {
  checkGateway('createGateway', options as GatewayOptions)
  return new RoutedGateway(options as GatewayOptions)
}

/** A gateway of one handler that answers whatever comes: what adapters make of a bare handler. */
export function gatewayFor(handler: Handler): Gateway {
  return createGateway({ routes: [{ path: '/**', handler }], pathParameters: 'reject' })
}

/** All of a gateway that another set of options replaces. */
interface Rules extends Pick<Gateway, 'trust' | 'trusted' | 'policy' | 'dropUnderscored'> {
  readonly plan: GatewayPlan
}

function compile(factory: string, options: GatewayOptions): Rules {
  const { trustedProxies = [], encodedSlashes, pathParameters, maxPathLength } = options
  return {
    plan: new GatewayPlan(options),
    trust: compileTrust(trustedProxies, factory),
    trusted: trustedProxies.length > 0,
    policy: { encodedSlashes, pathParameters, maxPathLength },
    dropUnderscored: options.underscoreHeaders === 'drop',
  }
}

class RoutedGateway implements Gateway {
  readonly events: EventHub
  readonly ready: Promise<void>
  readonly traffic: Traffic
  readonly #upkeep: Upkeep
  #rules: Rules
  #starting = true
  /** Settles when the last reload that was asked for is done. */
  #turn: Promise<void>
  #closing: Promise<void> | null = null
  #closed = false

  constructor(options: GatewayOptions) {
    this.events = options.events ?? sharedEvents
    this.traffic = new Traffic(this.events)
    this.#upkeep = new Upkeep(this.events)
    this.#rules = compile('createGateway', options)
    this.ready = this.#start(this.#rules.plan)
    this.#turn = this.ready.catch(() => {})
  }

  get trust(): Trust {
    return this.#rules.trust
  }

  get trusted(): boolean {
    return this.#rules.trusted
  }

  get policy(): TargetPolicy {
    return this.#rules.policy
  }

  get dropUnderscored(): boolean {
    return this.#rules.dropUnderscored
  }

  get routes(): readonly Route[] {
    return this.#rules.plan.routes
  }

  get phase(): GatewayPhase {
    if (this.#closed) return 'closed'
    const { draining, leaving } = this.traffic
    if (leaving) return draining ? 'draining' : 'leaving'
    return this.#starting ? 'starting' : 'serving'
  }

  route(question: Question): Routed {
    const routed = this.#rules.plan.find(question)
    if ('allow' in routed || !this.#starting || routed.vital) return routed
    const { handler } = routed
    return { ...routed, handler: (exchange) => this.ready.then(() => handler(exchange)) }
  }

  explain(request: Explainable, options?: ExplainOptions): Promise<Explanation> {
    const { trust, trusted, policy, dropUnderscored, traffic } = this
    const plan = this.#rules.plan
    return explainTo(
      {
        ...{ trust, trusted, policy, dropUnderscored, draining: traffic.draining, gateway: this },
        find: (question) => plan.find(question),
        misfits: (question, limit) => plan.misfits(question, limit),
      },
      request,
      options,
    )
  }

  async reload(options: GatewayOptions): Promise<void> {
    checkGateway('reload', options)
    if (options.events !== undefined && options.events !== this.events)
      throw optionError('reload', 'events', options.events, 'the hub that the gateway was made with, or none')
    // At once: what is wrong is known whoever's turn it is.
    const rules = compile('reload', options)
    const done = this.#turn.then(() => this.#goBy(rules))
    this.#turn = done.catch(() => {})
    return done
  }

  close(options: CloseOptions = {}): Promise<void> {
    checkOptions('close', options, { graceMs: check.durationOrOff, delayMs: check.durationOrOff })
    if (this.#closing === null) this.#closing = this.#close(options.graceMs ?? 10_000, options.delayMs ?? 0)
    else this.traffic.cut(new EdgeError('ERR_EDGE_CLOSING', 'closed twice'))
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(plan: GatewayPlan): Promise<void> {
    await this.#upkeep.take(plan)
    this.#starting = false
  }

  async #goBy(rules: Rules): Promise<void> {
    this.#refuseIfClosing()
    await this.#upkeep.take(rules.plan)
    // Closing has closed what was being started, too.
    this.#refuseIfClosing()
    const { plan: old } = this.#rules
    this.#rules = rules
    this.#starting = false
    void this.traffic.settled().then(() => this.#upkeep.drop(old))
    this.events.emit('gateway', { change: 'reloaded' })
  }

  #refuseIfClosing(): void {
    if (this.#closing !== null) throw new EdgeError('ERR_EDGE_CLOSING', 'a gateway that closes is not reloaded')
  }

  async #close(graceMs: Milliseconds, delayMs: Milliseconds): Promise<void> {
    if (delayMs > 0) {
      this.traffic.leave()
      await this.traffic.linger(delayMs)
    }
    this.events.emit('gateway', { change: 'closing' })
    await this.traffic.drain(graceMs)
    await this.#upkeep.close()
    this.#closed = true
    this.events.emit('gateway', { change: 'closed' })
  }
}
