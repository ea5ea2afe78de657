import type { EventHub } from './events.js'
import type { Filter } from './filter.js'
import type { TargetPolicy } from './http/target.js'
import { check, checkOptions, type Milliseconds, optionError } from './options.js'
import type { RouteOptions } from './routing/route.js'

export interface GatewayOptions<Paths extends readonly string[] = readonly string[]> extends TargetPolicy {
  /** What it answers. Of those that match, the most specific path counts, then more conditions, then the order here. */
  readonly routes: { readonly [At in keyof Paths]: RouteOptions<Paths[At]> }
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
  /** Where its events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** How a gateway goes. */
export interface CloseOptions {
  /** How long requests and tunnels under way may take; 0 cuts them at once. Counts from the end of `delayMs`. @default 10000 */
  readonly graceMs?: Milliseconds | undefined
  /**
   * How long it serves on after it has begun to say that it leaves, until load balancers have noticed: `readiness()` answers 503, replies carry
   * `Connection: close`. @default 0
   */
  readonly delayMs?: Milliseconds | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkGateway(factory: string, options: GatewayOptions): void {
  checkOptions(factory, options, {
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
  if (options.routes === undefined) throw optionError(factory, 'routes', undefined, 'an array')
}
