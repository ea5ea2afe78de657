import { EventEmitter } from 'node:events'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { type Clock, realClock } from '../clock.js'
import type { Discovery } from '../discovery.js'
import { endpointsOfConsul } from './consul-entries.js'
import { type FoundProtocol, placeChecks } from './place.js'
import { sleep, stoppable, unlessStopped } from './stoppable.js'

/** What is asked of Consul; `Consul` of the `consul` package is one. */
export interface ConsulClient {
  readonly health: { service(query: ConsulQuery): Promise<unknown> }
}

/** A blocking query, in the words of the `consul` package. */
export interface ConsulQuery {
  readonly service: string
  readonly tag?: string
  readonly dc?: string
  readonly passing?: boolean
  readonly index?: string
  readonly wait?: string
  readonly timeout?: Milliseconds
  readonly ctx?: EventEmitter
}

export interface ConsulDiscoveryOptions {
  /** `new Consul()` of the `consul` package. */
  readonly consul: ConsulClient
  /** Name that its instances are registered by. */
  readonly service: string
  /** Only instances with this tag. @default any */
  readonly tag?: string | undefined
  /** Datacenter. @default the agent's */
  readonly dc?: string | undefined
  /** Only those whose checks all pass; else also those that warn, by their weight for that. Critical ones never. @default true */
  readonly passing?: boolean | undefined
  /** What the instances speak. @default 'http' */
  readonly protocol?: FoundProtocol | undefined
  /** For Host (`changeOrigin`) and TLS. @default the address */
  readonly host?: string | undefined
  /** How long a query waits for a change. @default 300000 (Consul's; it takes 600000 at most) */
  readonly waitMs?: Milliseconds | undefined
  /** Timers between two queries. @default real time */
  readonly clock?: Clock | undefined
}

/** Between two queries: what changes all the time is asked for ten times a second at most. */
const PAUSE_MS = 100

/**
 * Endpoints of a Consul service, by blocking queries: each waits until something has changed. Weights are the service's
 * (`Weights.Passing`), zones those of its or its node's locality.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const discovery = consulDiscovery({ consul: new Consul(), service: 'users', tag: 'v2' })
 * ```
 */
export function consulDiscovery(options: ConsulDiscoveryOptions): Discovery {
  checkOptions('consulDiscovery', options, {
    consul: check.object,
    service: check.string,
    tag: check.string,
    dc: check.string,
    passing: check.boolean,
    ...placeChecks,
    waitMs: check.whole(1_000, 600_000),
    clock: check.object,
  })
  for (const needed of ['consul', 'service'] as const)
    if (options[needed] === undefined) throw optionError('consulDiscovery', needed, undefined, 'a value')
  const {
    consul,
    service,
    tag,
    dc,
    passing = true,
    protocol = 'http',
    host,
    waitMs = 300_000,
    clock = realClock,
  } = options
  const plain = { service, passing, ...(tag !== undefined && { tag }), ...(dc !== undefined && { dc }) }

  return stoppable(async function* lists(signal) {
    let index = 0n
    let last: string | undefined
    for (;;) {
      // Consul adds up to a sixteenth to the wait; past that the agent is lost, or its answer broke off.
      const timeout = Math.ceil(waitMs * (1 + 1 / 16)) + 5_000
      const query = index === 0n ? plain : { ...plain, index: String(index), wait: `${waitMs}ms` }
      const { body, at } = await ask(consul, { ...query, timeout }, signal)
      index = nextIndex(index, at)
      const list = endpointsOfConsul(body, { protocol, host })
      const found = JSON.stringify(list)
      if (found !== last) yield list
      last = found
      await sleep(PAUSE_MS, signal, clock)
    }
  })
}

interface Answer {
  readonly body: unknown
  /** `X-Consul-Index`. */
  readonly at: string | undefined
}

async function ask(consul: ConsulClient, query: ConsulQuery, signal: AbortSignal): Promise<Answer> {
  // The client hands out headers, and takes a cancel, through this only.
  const ctx = Object.assign(new EventEmitter(), { includeResponse: true })
  const cancel = (): void => void ctx.emit('cancel')
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const [response, body] = (await unlessStopped(consul.health.service({ ...query, ctx }), signal)) as [
      { readonly headers: Readonly<Record<string, string | undefined>> },
      unknown,
    ]
    return { body, at: response.headers['x-consul-index'] }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Consul's rules for blocking queries: an index that goes backwards starts over, and one that is no use counts as 1. */
function nextIndex(before: bigint, found: string | undefined): bigint {
  const index = /^\d{1,20}$/.test(found ?? '') ? BigInt(found!) : 0n
  if (index < before) return 0n
  return index > 0n ? index : 1n
}
