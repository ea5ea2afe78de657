import { type EventHub, events as sharedEvents } from '../../events.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { type Clock, realClock } from '../../upstream/clock.js'
import type { Authorize } from '../admin/authorizing.js'
import { checkPools, type PoolSource } from '../pool-source.js'
import type { NamedGateways } from './watched-gateways.js'

/** See {@link statusPage}. */
export interface StatusPageOptions {
  /** What is shown: pools, or a function that returns those there are now. */
  readonly pools: PoolSource
  /**
   * Gateways by the names they are shown under, or a function that returns them, which a gateway with this page among its routes needs. Each
   * exchange of theirs is counted, by its event; gateways of one hub are counted together. @default none
   */
  readonly gateways?: NamedGateways | (() => NamedGateways) | undefined
  /** Heading of the page. @default 'Status' */
  readonly title?: string | undefined
  /**
   * Where changes are told, beside the hubs of the pools and gateways; its `gateway` event, and those of the gateways, end what viewers
   * watch. @default the shared `events`
   */
  readonly events?: EventHub | undefined
  /**
   * Who may drain endpoints, put them into maintenance, bring them back, and change their weight: returns a name, or `true`. It is asked about
   * each such request. @default nobody, and the page has no buttons
   */
  readonly authorize?: Authorize | undefined
  /** How often viewers are told, and how old what others get may be. @default 1000 */
  readonly refreshMs?: Milliseconds | undefined
  /** What a sparkline covers, in 60 steps. @default 300000 */
  readonly historyMs?: Milliseconds | undefined
  /** How many latest changes are kept. @default 100 */
  readonly changes?: number | undefined
  /** How many may watch at a time; more get a 503. @default 32 */
  readonly maxViewers?: number | undefined
  /** Timers of what viewers are told. @default real time */
  readonly clock?: Clock | undefined
  /** Milliseconds since 1970, of a clock that is never set back. @default of `performance` */
  readonly now?: (() => Milliseconds) | undefined
}

/** All of them, in place of what was left out. */
export type StatusPageSettings = Readonly<
  Required<{ [K in Exclude<keyof StatusPageOptions, 'authorize'>]: Exclude<StatusPageOptions[K], undefined> }>
> & {
  readonly authorize: Authorize | null
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readStatusOptions(options: StatusPageOptions): StatusPageSettings {
  checkOptions('statusPage', options, {
    pools: checkPools,
    gateways: check.either(checkGateways, check.function),
    title: check.string,
    events: check.object,
    authorize: check.function,
    refreshMs: check.whole(100, 60_000),
    historyMs: check.whole(6_000, 86_400_000),
    changes: check.whole(1, 1_000),
    maxViewers: check.whole(1, 1_000),
    clock: check.object,
    now: check.function,
  })
  if (options.pools === undefined)
    throw optionError('statusPage', 'pools', undefined, 'an array of pools, or a function')
  return {
    pools: options.pools,
    gateways: options.gateways ?? {},
    title: options.title ?? 'Status',
    events: options.events ?? sharedEvents,
    authorize: options.authorize ?? null,
    refreshMs: options.refreshMs ?? 1_000,
    historyMs: options.historyMs ?? 300_000,
    changes: options.changes ?? 100,
    maxViewers: options.maxViewers ?? 32,
    clock: options.clock ?? realClock,
    now: options.now ?? (() => performance.timeOrigin + performance.now()),
  }
}

/** What may be shown as gateways. */
export const checkGateways: Check = (value) =>
  check.object(value) === undefined && Object.values(value as object).every(isGateway) ? undefined : 'gateways by name'

function isGateway(value: unknown): boolean {
  const gateway = value as { readonly events?: unknown; readonly traffic?: unknown } | null
  return typeof gateway?.events === 'object' && typeof gateway.traffic === 'object'
}
