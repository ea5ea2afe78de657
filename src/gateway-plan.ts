import { compose, type Filter, type Handler, type Parts, type PlainHandler, partsOf } from './filter.js'
import { dropRaw, FoldedNames, withoutFields } from './filters/auth/identity-headers.js'
import { compileRoute, type Route, type RouteOptions } from './routing/route.js'
import { type Question, RouteTable } from './routing/route-table.js'

/** Where a request goes. */
export type Routed = Destination | { readonly allow: ReadonlySet<string> }

/** A route's chain. */
export interface Destination {
  readonly handler: PlainHandler
  readonly route: string
  /** Reads what the route's pattern captures of a path that matches. */
  captures(path: string): Readonly<Record<string, string>>
}

/** What routes are made of. */
export interface PlanOptions {
  readonly routes: readonly RouteOptions[]
  readonly filters?: readonly Filter[] | undefined
  readonly caseSensitive?: boolean | undefined
}

/** A gateway's routes with the chains behind them, composed once and never changed: another set of routes is another plan. */
export class GatewayPlan {
  readonly routes: readonly Route[]
  /** All its filters, and the handlers behind them. */
  readonly parts: Pick<Parts, 'filters' | 'terminals'>
  readonly #table: RouteTable
  readonly #destinations = new Map<Route, Destination>()

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION`, `ERR_EDGE_FILTER_ORDER`. */
  constructor({ routes, filters: shared = [], caseSensitive = true }: PlanOptions) {
    this.routes = routes.map((route, order) => compileRoute(route, shared, order, caseSensitive))
    this.#table = new RouteTable(this.routes, caseSensitive)
    const chains = new Map(this.routes.map((route) => [route, compose(...route.filters, route.handler)]))
    const parts = [...chains.values()].map((chain) => partsOf([], chain))
    const filters = new Set(parts.flatMap((each) => [...each.filters]))
    this.parts = { filters, terminals: new Set(parts.flatMap((each) => [...each.terminals])) }
    const identity = new FoldedNames([...filters].flatMap((filter) => filter.identityHeaders ?? []))
    for (const [route, chain] of chains) {
      const { captures } = route.pattern
      this.#destinations.set(route, { handler: identified(chain, identity), route: route.name, captures })
    }
  }

  find(question: Question): Routed {
    const found = this.#table.find(question)
    return 'allow' in found ? found : this.#destinations.get(found)!
  }
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
