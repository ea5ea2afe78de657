import { EdgeError } from './errors.js'
import { type EventHub, events as sharedEvents } from './events.js'
import type { Filter, Handler } from './filter.js'
import { GatewayPlan, type Routed } from './gateway-plan.js'
import type { TargetPolicy } from './http/target.js'
import { compileTrust, type Trust } from './http/trust.js'
import { check, checkOptions, type Milliseconds, optionError } from './options.js'
import type { Route, RouteOptions } from './routing/route.js'
import type { Question } from './routing/route-table.js'
import { Traffic } from './traffic.js'

export interface GatewayOptions extends TargetPolicy {
  readonly routes: readonly RouteOptions[]
  /** In front of every route's own. @default none */
  readonly filters?: readonly Filter[] | undefined
  /** Peers that may speak for others: addresses, CIDR ranges, `loopback`, `linklocal`, `uniquelocal`. @default none */
  readonly trustedProxies?: readonly string[] | undefined
  /** Whether `/Users` and `/users` are two paths, in every framework alike (H-037). @default true */
  readonly caseSensitive?: boolean | undefined
  /**
   * What becomes of field names with `_`. Those that an upstream would fold into a field of ours, as `X_Forwarded_For`, never
   * pass; `drop` takes away all of them, as NGINX does (H-062). @default 'keep'
   */
  readonly underscoreHeaders?: 'keep' | 'drop' | undefined
  /** @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** Routes and shared filters, composed once. Give it to an adapter. */
export interface Gateway extends AsyncDisposable {
  readonly events: EventHub
  /** Resolves when every filter has started; requests that come before wait for it. */
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
   * Takes no new requests, waits for those under way and ends tunnels, at the latest after `graceMs`; then closes filters
   * and the pools it owns. A second call cuts the wait short.
   */
  close(options?: { readonly graceMs?: Milliseconds | undefined }): Promise<void>
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
export function createGateway(options: GatewayOptions): Gateway {
  checkOptions('createGateway', options, {
    routes: check.array,
    filters: (value) =>
      Array.isArray(value) && value.every((each) => typeof each === 'function') ? undefined : 'an array of filters',
    trustedProxies: check.strings,
    caseSensitive: check.boolean,
    events: check.object,
    underscoreHeaders: check.oneOf('keep', 'drop'),
    encodedSlashes: check.oneOf('reject', 'keep'),
    pathParameters: check.oneOf('reject', 'keep', 'strip'),
    maxPathLength: check.whole(1, 16_384),
  })
  if (options.routes === undefined) throw optionError('createGateway', 'routes', undefined, 'an array')
  return new RoutedGateway(options)
}

/** A gateway of one handler that answers whatever comes: what adapters make of a bare handler. */
export function gatewayFor(handler: Handler): Gateway {
  return createGateway({ routes: [{ path: '/**', handler }], pathParameters: 'reject' })
}

class RoutedGateway implements Gateway {
  readonly events: EventHub
  readonly ready: Promise<void>
  readonly trust: Trust
  readonly trusted: boolean
  readonly policy: TargetPolicy
  readonly dropUnderscored: boolean
  readonly traffic: Traffic
  readonly #plan: GatewayPlan
  #starting = true
  #closing: Promise<void> | null = null

  constructor(options: GatewayOptions) {
    this.events = options.events ?? sharedEvents
    this.trust = compileTrust(options.trustedProxies ?? [], 'createGateway')
    this.trusted = (options.trustedProxies ?? []).length > 0
    this.policy = {
      encodedSlashes: options.encodedSlashes,
      pathParameters: options.pathParameters,
      maxPathLength: options.maxPathLength,
    }
    this.dropUnderscored = options.underscoreHeaders === 'drop'
    this.traffic = new Traffic(this.events)
    this.#plan = new GatewayPlan(options)
    this.ready = this.#start()
    this.ready.catch(() => {})
  }

  get routes(): readonly Route[] {
    return this.#plan.routes
  }

  route(question: Question): Routed {
    const routed = this.#plan.find(question)
    if ('allow' in routed || !this.#starting) return routed
    const { handler } = routed
    return { ...routed, handler: (exchange) => this.ready.then(() => handler(exchange)) }
  }

  close(options: { readonly graceMs?: Milliseconds | undefined } = {}): Promise<void> {
    checkOptions('close', options, { graceMs: check.durationOrOff })
    if (this.#closing === null) this.#closing = this.#close(options.graceMs ?? 10_000)
    else this.traffic.cut(new EdgeError('ERR_EDGE_CLOSING', 'closed twice'))
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(): Promise<void> {
    await this.#plan.life.start()
    this.#starting = false
  }

  async #close(graceMs: number): Promise<void> {
    this.events.emit('gateway', { change: 'closing' })
    await this.traffic.drain(graceMs)
    await this.#plan.life.close()
    this.events.emit('gateway', { change: 'closed' })
  }
}
