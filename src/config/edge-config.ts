import type { GatewayOptions } from '../gateway-options.js'
import type { RouteOptions } from '../routing/route.js'
import type { DataOf } from './data-of.js'
import type { FilterConfig } from './filter-config.js'
import type { HandlerConfig } from './handler-config.js'
import type { PoolConfig } from './pool-config.js'

/** A gateway as data: what `createGateway` and `createPool` take, with names where code has objects. */
export interface EdgeConfig extends Omit<DataOf<GatewayOptions>, 'routes' | 'filters' | 'events'> {
  /** For editors: where the JSON Schema of this document is. Not read. */
  readonly $schema?: string | undefined
  /** What others refer to by name. @default none */
  readonly pools?: Readonly<Record<string, PoolConfig>> | undefined
  /** Filters to be named together: `{ list: NAME }`. @default none */
  readonly filterLists?: Readonly<Record<string, readonly FilterConfig[]>> | undefined
  /** In front of every route's own. @default none */
  readonly filters?: readonly FilterConfig[] | undefined
  /** What it answers. Of those that match, the most specific path counts, then more conditions, then the order here. */
  readonly routes: readonly RouteConfig[]
}

/** What an exchange must have for a handler to answer it, the filters on the way, and the handler. */
export interface RouteConfig extends HandlerConfig, Omit<DataOf<RouteOptions>, 'filters' | 'handler'> {}
