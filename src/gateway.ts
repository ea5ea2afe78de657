import { EdgeError } from './errors.js'
import { type EventHub, events as sharedEvents } from './events.js'
import { compose, type Filter, type Handler, type Life, lifeOf, type PlainHandler, partsOf } from './filter.js'
import { dropRaw, FoldedNames, withoutFields } from './filters/auth/identity-headers.js'
import type { TargetPolicy } from './http/target.js'
import { compileTrust, type Trust } from './http/trust.js'
import { check, checkOptions, type Milliseconds, optionError } from './options.js'
import { compileRoute, type Route, type RouteOptions } from './routing/route.js'
import { type Question, RouteTable } from './routing/route-table.js'
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

/** Where a request goes. */
export type Routed = Destination | { readonly allow: ReadonlySet<string> }

/** A route's chain. */
export interface Destination {
  readonly handler: PlainHandler
  readonly route: string
  /** Reads what the route's pattern captures of a path that matches. */
  captures(path: string): Readonly<Record<string, string>>
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

/** A handler that never sees an identity that the client claims by itself. */
function identified(handler: Handler, names: FoldedNames): PlainHandler {
  if (names.size === 0) return handler
  const touchesRaw = handler.handsOver === true
  return (exchange) => {
    // The application behind handOver() reads Node's own request, which has fields that the exchange has not (`Connection: x-user`).
    if (touchesRaw) dropRaw(exchange.raw, names)
    return handler(withoutFields(exchange, names))
  }
}

class RoutedGateway implements Gateway {
  readonly events: EventHub
  readonly ready: Promise<void>
  readonly trust: Trust
  readonly trusted: boolean
  readonly policy: TargetPolicy
  readonly dropUnderscored: boolean
  readonly traffic: Traffic
  readonly #table: RouteTable
  readonly #destinations = new Map<Route, Destination>()
  readonly #life: Life
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
    const caseSensitive = options.caseSensitive ?? true
    const routes = options.routes.map((route, order) =>
      compileRoute(route, options.filters ?? [], order, caseSensitive),
    )
    this.#table = new RouteTable(routes, caseSensitive)
    const chains = new Map(routes.map((route) => [route, compose(...route.filters, route.handler)]))
    const filters = [...chains.values()].flatMap((chain) => [...partsOf([], chain).filters])
    const identity = new FoldedNames(filters.flatMap((filter) => filter.identityHeaders ?? []))
    for (const [route, chain] of chains) {
      const { captures } = route.pattern
      this.#destinations.set(route, { handler: identified(chain, identity), route: route.name, captures })
    }
    this.#life = lifeOf(...chains.values())
    this.ready = this.#start()
    this.ready.catch(() => {})
  }

  route(question: Question): Routed {
    const found = this.#table.find(question)
    if ('allow' in found) return found
    const destination = this.#destinations.get(found)!
    if (!this.#starting) return destination
    const { handler } = destination
    return { ...destination, handler: (exchange) => this.ready.then(() => handler(exchange)) }
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
    await this.#life.start()
    this.#starting = false
  }

  async #close(graceMs: number): Promise<void> {
    this.events.emit('gateway', { change: 'closing' })
    await this.traffic.drain(graceMs)
    await this.#life.close()
    this.events.emit('gateway', { change: 'closed' })
  }
}
