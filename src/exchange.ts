import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Body } from './body.js'
import type { Cancel } from './cancel.js'
import type { EdgeError } from './errors.js'
import type { ClientInfo } from './http/client-info.js'
import type { HeaderMap } from './http/header-map.js'
import type { Target } from './http/target.js'
import type { AttemptOutcome, Outcome } from './outcome.js'

declare const VALUE: unique symbol

/** Names a typed value that filters share: see {@link stateKey}. */
export interface StateKey<T> {
  /** For people: what tells keys apart is the object. */
  readonly name: string
  readonly [VALUE]?: T
}

/**
 * Makes a key for {@link Exchange.get} and {@link Exchange.set}. Two keys of the same name are two keys.
 *
 * @example
 * ```ts
 * const tenant = stateKey<string>('tenant')
 * exchange.set(tenant, 'acme')
 * ```
 */
export function stateKey<T>(name: string): StateKey<T> {
  return Object.freeze({ name }) as StateKey<T>
}

/** A client's wish to switch protocols. */
export interface UpgradeRequest {
  /** Lower case, as `websocket`. */
  readonly protocol: string
  /** The client's connection, or its stream. */
  readonly socket: Duplex
  /** What the client sent right behind its head; goes nowhere before the upstream's 101 (H-072). */
  readonly head: Uint8Array
}

/** What {@link Exchange.with} can change. The target never changes along a chain. */
export interface ExchangeChange<Params extends Record<string, string> = Record<string, string>> {
  readonly method?: string | undefined
  /** What will be sent: a path with its query, held to the same rules as a client's target. */
  readonly wire?: string | Target | undefined
  readonly headers?: HeaderMap | undefined
  readonly body?: Body | undefined
  /** In place of all that the route has captured. */
  readonly params?: Readonly<Params> | undefined
}

/**
 * One inbound request and what is known about it. Read-only: change it by `with`.
 *
 * In a route its `params` have the names of the route's path. What is written elsewhere says which it needs: `Exchange<{ id: string }>`.
 */
export interface Exchange<Params extends Record<string, string> = Record<string, string>> {
  readonly method: string
  /** What the client asked: canonical, below the base. */
  readonly target: Target
  /** What will be sent: the same object unless rewritten. */
  readonly wire: Target
  /** End-to-end fields; what belongs to the client's hop is not among them. */
  readonly headers: HeaderMap
  /** What the client sends; a stream can be read once. */
  readonly body: Body
  /** Captures of the route's pattern, which types them: see `PathParams`. */
  readonly params: Readonly<Params>
  /** Who asks, after the walk past trusted proxies. */
  readonly client: ClientInfo
  /** Pattern of the route that matched, for logs and metrics; `null` for a bare handler. */
  readonly route: string | null
  /** The adapter's `base`. */
  readonly base: string
  readonly httpVersion: string
  /** The target as the client sent it, mount point and all: what it may have signed. Everything else goes by `target`. */
  readonly requestTarget: string
  /** Made when first read. Aborts when the client leaves or a deadline passes. */
  readonly signal: AbortSignal
  /** What is behind `signal`, for listeners that should cost nothing. */
  readonly cancel: Cancel
  /** Set on a request to switch protocols; the same chain guards both. */
  readonly upgrade: UpgradeRequest | null
  /** The request Node received, for what the fields above don't carry. Its body is not yours to read. */
  readonly raw: IncomingMessage | Http2ServerRequest
  /** What a filter has set by this key; `undefined` for nothing. */
  get<T>(key: StateKey<T>): T | undefined
  /** The one mutation: values are shared with every exchange derived from the same request. */
  set<T>(key: StateKey<T>, value: T): void
  /** A copy with some request fields changed; state, listeners and signal are shared. */
  with(change: ExchangeChange<Params>): Exchange<Params>
  /** Tells the client what the upstream says before its reply (1xx). */
  inform(status: number, headers: HeaderMap): void
  /** Notes what came of one attempt, for the outcome. */
  noteAttempt(outcome: AttemptOutcome): void
  /** Notes what the exchange failed with, for the outcome: by whoever answers a failure with a reply of its own (an error page). */
  noteFailure(error: EdgeError): void
  /**
   * A copy for work that outlives the request (a cache's refresh, a mirror): without a body and never an upgrade, with a signal and an
   * outcome of its own, and with the values known so far.
   */
  detach(): DetachedExchange<Params>
  /** Runs once, when the last byte of the reply has left or all is lost. */
  onSettled(listener: (outcome: Outcome) => void): void
}

/** An exchange without a client. Whoever made it ends it: nobody else waits for it or cuts it off. */
export interface DetachedExchange<Params extends Record<string, string> = Record<string, string>>
  extends Exchange<Params> {
  /** Gives up what is still under way for it, and tells those who wait for its end. */
  end(reason: Error): void
}
