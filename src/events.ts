import { type Channel, channel } from 'node:diagnostics_channel'
import type { EdgeError } from './errors.js'
import type { Exchange } from './exchange.js'
import type { AttemptOutcome, Outcome } from './outcome.js'
import type { ShutdownReport } from './shutdown-report.js'
import type { TunnelSummary } from './tunnels.js'

/** What the parts of Edgewise tell whoever listens. */
export interface EdgeEvents {
  /** An exchange is on its way to its route's filters. */
  exchangeStart: { readonly exchange: Exchange }
  /** An exchange has settled. */
  exchange: { readonly exchange: Exchange; readonly outcome: Outcome }
  /** An attempt at an endpoint begins: the first, a retry, or a hedge. */
  attemptStart: { readonly exchange: Exchange; readonly pool: string; readonly endpoint: string }
  /** An attempt at an endpoint has ended. */
  attempt: { readonly exchange: Exchange; readonly pool: string; readonly outcome: AttemptOutcome }
  /** A request goes to another endpoint. */
  retry: { readonly pool: string; readonly endpoint: string; readonly why: string }
  /**
   * A request that found every endpoint full need not wait any longer: for an endpoint, or (`error`) to no avail, as at once where the line
   * was full.
   */
  queued: {
    readonly exchange: Exchange
    readonly pool: string
    readonly waitedMs: number
    readonly error: EdgeError | null
  }
  /** A request that takes long at this endpoint goes to another one, too. */
  hedge: { readonly pool: string; readonly endpoint: string }
  /** An endpoint joined, left, or changed state, weight, or its place among priorities and zones (`moved`). */
  endpoint: {
    readonly pool: string
    readonly endpoint: string
    readonly change: 'added' | 'removed' | 'up' | 'down' | 'drain' | 'ready' | 'maintenance' | 'weight' | 'moved'
    readonly why: string
  }
  /**
   * An active check has its answer, or none: `why` is what was wrong. Times are milliseconds of `performance.now()`.
   */
  probe: {
    readonly pool: string
    readonly endpoint: string
    readonly well: boolean
    readonly why: string
    readonly startedAt: number
    readonly endedAt: number
  }
  /** Too few endpoints of a pool are well, or enough are again; its discovery failed, and the last list stays. */
  pool: { readonly pool: string; readonly change: 'panic' | 'calm' | 'stale'; readonly why: string }
  /** A connection through the layer 4 balancer has ended, or was turned away. */
  connection: { readonly exchange: Exchange; readonly outcome: Outcome }
  /**
   * A filter denied an exchange, or cut it off in the middle, which is a 408, 413 or 499 then. `why` names the rule, never a value that the
   * client sent, but for its address.
   */
  denied: { readonly exchange: Exchange; readonly filter: string; readonly status: number; readonly why: string }
  /** A reply is not what its schema says. `why` names the rule, never a value of the reply's. */
  invalidReply: { readonly exchange: Exchange; readonly filter: string; readonly status: number; readonly why: string }
  /** What each limit that an exchange was held to said to it; `dry-run`: no, but nobody is held to it. */
  limitDecision: {
    readonly exchange: Exchange
    readonly limit: string
    readonly decision: 'allowed' | 'denied' | 'dry-run'
  }
  /**
   * A limit was reached: by an exchange that was denied, or would have been (`dryRun`). Of a key that is a field's value, its hash stands
   * in `key`.
   */
  limited: {
    readonly exchange: Exchange
    readonly limit: string
    readonly key: string
    readonly cost: number
    readonly retryAfterMs: number
    readonly dryRun: boolean
  }
  /** A consumer has used up to a share of a quota, 1 being all of it: told once, by the process whose request crossed it. */
  quota: {
    readonly exchange: Exchange
    readonly consumer: string
    readonly quota: string
    readonly share: number
    readonly used: number
    readonly limit: number
    readonly resetMs: number
  }
  /** A store elsewhere is not there, or is again; or it answered with an error (`refused`, told once a second at most). */
  store: { readonly store: string; readonly change: 'down' | 'up' | 'refused'; readonly why: string }
  /**
   * A cache answered with what is stored (`hit`; `stale` while it is being refreshed, at the client's wish, or in place of an error;
   * `revalidated` after the upstream said that it is still good), or with what the upstream said. `collapsed`: another's request
   * had asked for it.
   */
  cache: {
    readonly exchange: Exchange
    readonly result: 'hit' | 'stale' | 'revalidated' | 'miss' | 'bypass'
    readonly collapsed: boolean
  }
  /** What became of a copy of a request: `answered`, the code of what it failed with, or why there was none. */
  mirror: { readonly exchange: Exchange; readonly status: number | null; readonly why: string }
  /** A WebSocket opened, or closed: then `summary` tells what went through it and how it ended. */
  tunnel: { readonly exchange: Exchange; readonly change: 'opened' | 'closed'; readonly summary: TunnelSummary | null }
  /**
   * A client is banned, or a ban was lifted; one that ends by itself is not told of. `key` is what the ban counts by, as a rule the client's
   * address or its subnet, `untilMs` the end in milliseconds since 1970, and `offence` 1 for the first.
   */
  ban: {
    readonly key: string
    readonly change: 'banned' | 'lifted'
    readonly why: string
    readonly untilMs: number
    readonly offence: number
  }
  /** A client asks far more often than it used to: a sign, and no more. Once per spell. */
  anomaly: {
    readonly exchange: Exchange
    readonly key: string
    /** Requests in the interval so far. */
    readonly count: number
    /** Its usual number in an interval. */
    readonly usual: number
  }
  /** This process begins to turn requests away, or has stopped; `shed` counts those since it began. */
  overload: { readonly change: 'shedding' | 'calm'; readonly why: string; readonly shed: number }
  /**
   * Somebody who may has asked for something to be done: `drain` with the pool and the endpoint for its subject, `purge`, `reload`. `who` is
   * the name that the authorizer gave, `input` what the action was told. `refused`: it could not be done as asked, `failed`: it went wrong.
   */
  admin: {
    readonly exchange: Exchange
    readonly who: string | null
    readonly action: string
    readonly subject: string
    readonly input: Readonly<Record<string, unknown>>
    readonly result: 'done' | 'refused' | 'failed'
  }
  /** A gateway says that it will leave and serves on for a while, begins to drain, has closed, or goes by other routes from now on. */
  gateway: { readonly change: 'leaving' | 'closing' | 'closed' | 'reloaded' }
  /** A process begins to shut down, or nothing of it is under way any more: `report` tells what came of it. */
  shutdown: {
    readonly change: 'begun' | 'done'
    readonly reason: string
    readonly report: ShutdownReport | null
  }
  /**
   * A configuration file that is followed changed and is in force from now on, or can't be and the old one stays: `why` tells where it
   * is wrong. `source` is its path.
   */
  configuration: { readonly source: string; readonly change: 'loaded' | 'kept'; readonly why: string }
  /** A server's certificates were read again and are in use from the next handshake on, or could not be and the old ones stay. */
  certificate: { readonly change: 'loaded' | 'kept'; readonly names: readonly string[]; readonly why: string }
  /** Keys that tokens are verified with were fetched and differ, could not be and the old ones stay, or there are none. */
  keys: { readonly source: string; readonly change: 'loaded' | 'stale' | 'failed'; readonly why: string }
  /** A listener, or a hook of the user's, threw where nobody could be told. */
  fault: { readonly where: string; readonly error: unknown }
}

type Listener<T> = (event: T) => void

/** By which each event is known to `node:diagnostics_channel`, as `edgewise:exchange`. */
const CHANNELS: { readonly [K in keyof EdgeEvents]: Channel } = {
  exchangeStart: channel('edgewise:exchangeStart'),
  exchange: channel('edgewise:exchange'),
  attemptStart: channel('edgewise:attemptStart'),
  attempt: channel('edgewise:attempt'),
  retry: channel('edgewise:retry'),
  queued: channel('edgewise:queued'),
  hedge: channel('edgewise:hedge'),
  endpoint: channel('edgewise:endpoint'),
  probe: channel('edgewise:probe'),
  pool: channel('edgewise:pool'),
  connection: channel('edgewise:connection'),
  denied: channel('edgewise:denied'),
  invalidReply: channel('edgewise:invalidReply'),
  limitDecision: channel('edgewise:limitDecision'),
  limited: channel('edgewise:limited'),
  quota: channel('edgewise:quota'),
  store: channel('edgewise:store'),
  cache: channel('edgewise:cache'),
  mirror: channel('edgewise:mirror'),
  tunnel: channel('edgewise:tunnel'),
  ban: channel('edgewise:ban'),
  anomaly: channel('edgewise:anomaly'),
  overload: channel('edgewise:overload'),
  admin: channel('edgewise:admin'),
  gateway: channel('edgewise:gateway'),
  shutdown: channel('edgewise:shutdown'),
  configuration: channel('edgewise:configuration'),
  certificate: channel('edgewise:certificate'),
  keys: channel('edgewise:keys'),
  fault: channel('edgewise:fault'),
}

/**
 * Where gateway, pools and filters publish. Listeners run at once, in order; one that throws is reported as a `fault` and
 * disturbs nobody. Publishing costs one look-up while nobody listens.
 *
 * Every event of every hub is also published on the channel `edgewise:NAME` of `node:diagnostics_channel`, where tools that know
 * nothing of the gateway can hear it.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 *
 * subscribe('edgewise:endpoint', (event) => console.log(event))
 * ```
 */
export class EventHub {
  readonly #listeners = new Map<keyof EdgeEvents, Listener<never>[]>()

  /** Subscribes; returns what unsubscribes. */
  on<K extends keyof EdgeEvents>(name: K, listener: Listener<EdgeEvents[K]>): () => void {
    const before = this.#listeners.get(name) ?? []
    this.#listeners.set(name, [...before, listener])
    return () => {
      const rest = (this.#listeners.get(name) ?? []).filter((each) => each !== listener)
      if (rest.length === 0) this.#listeners.delete(name)
      else this.#listeners.set(name, rest)
    }
  }

  /** Whether anybody listens: asked before an event is built on a hot path. */
  has(name: keyof EdgeEvents): boolean {
    return this.#listeners.has(name) || CHANNELS[name].hasSubscribers
  }

  /** Tells all listeners, at once. One that throws keeps nobody from the event: it becomes a `fault` of its own. */
  emit<K extends keyof EdgeEvents>(name: K, event: EdgeEvents[K]): void {
    const { [name]: others } = CHANNELS
    // What a subscriber throws there is Node's to report, as an uncaught exception of its own turn.
    if (others.hasSubscribers) others.publish(event)
    const listeners = this.#listeners.get(name) as Listener<EdgeEvents[K]>[] | undefined
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        if (name !== 'fault') this.emit('fault', { where: `listener of "${name}"`, error })
      }
    }
  }
}

/** The hub that everything publishes to unless given one of its own (`events` option). */
export const events: EventHub = new EventHub()
