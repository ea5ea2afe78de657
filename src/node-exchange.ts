import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type Body, emptyBody } from './body.js'
import { Cancel } from './cancel.js'
import { EdgeError } from './errors.js'
import { events } from './events.js'
import type { DetachedExchange, Exchange, ExchangeChange, StateKey, UpgradeRequest } from './exchange.js'
import { copyState, type ExchangeState, setState, stateOf } from './exchange-state.js'
import type { ClientInfo } from './http/client-info.js'
import type { HeaderMap } from './http/header-map.js'
import { rewriteTarget, type Target } from './http/target.js'
import { type AttemptOutcome, type Outcome, OutcomeBuilder } from './outcome.js'

type NodeResponse = ServerResponse | Http2ServerResponse

/** What exchanges derived from one request have in common. */
export class ExchangeOrigin {
  readonly client: ClientInfo
  readonly base: string
  readonly httpVersion: string
  readonly upgrade: UpgradeRequest | null
  readonly raw: IncomingMessage | Http2ServerRequest
  readonly cancel: Cancel = new Cancel()
  readonly outcome: OutcomeBuilder
  /** A framework may have changed the one of Node's request by the time it gets here. */
  requestTarget: string
  route: string | null = null
  /** What the route's pattern captures of a path. */
  captures: Captures | null = null
  /** Its neighbours among the gateway's exchanges under way. */
  previous: ExchangeOrigin | null = null
  next: ExchangeOrigin | null = null
  /** Where the reply is going to be written; interim ones go there before it. */
  response: NodeResponse | null = null
  /** Ends its reply in good order before it is over: that of an event stream, whose client comes again. */
  endStream: (() => void) | null = null
  informer: ((response: NodeResponse, status: number, headers: HeaderMap) => void) | null = null
  #state: ExchangeState | null = null
  #listeners: ((outcome: Outcome) => void)[] | null = null
  #ended = false
  #settled: Outcome | null = null

  constructor(
    raw: IncomingMessage | Http2ServerRequest,
    client: ClientInfo,
    base: string,
    upgrade: UpgradeRequest | null,
    acceptedAt: number,
  ) {
    this.raw = raw
    this.httpVersion = raw.httpVersion
    this.requestTarget = raw.url ?? ''
    this.client = client
    this.base = base
    this.upgrade = upgrade
    this.outcome = new OutcomeBuilder(acceptedAt)
  }

  /** Of a request that goes on without its client: it shares nothing that either can change. */
  detached(): ExchangeOrigin {
    const copy = new ExchangeOrigin(this.raw, this.client, this.base, null, performance.now())
    copy.requestTarget = this.requestTarget
    copy.route = this.route
    copy.captures = this.captures
    copy.#state = copyState(this.#state)
    return copy
  }

  get(key: StateKey<unknown>): unknown {
    return stateOf(this.#state, key)
  }

  set(key: StateKey<unknown>, value: unknown): void {
    this.#state = setState(this.#state, key, value)
  }

  /** Notes what the exchange failed with, and in whose hands. */
  fail(error: Error): void {
    const known = error instanceof EdgeError
    this.outcome.error = known ? error : null
    this.outcome.who = known ? error.source : 'edge'
    this.outcome.phase = this.outcome.attempts.length === 0 ? 'queue' : 'headers'
  }

  onSettled(listener: (outcome: Outcome) => void): void {
    if (this.#ended) queueMicrotask(() => listener(this.#result))
    else if (this.#listeners === null) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }

  /**
   * Ends the exchange, once. The outcome is only put together for somebody: a listener, or the caller.
   *
   * @param report Hears of listeners that threw.
   */
  settle(report: (error: unknown) => void, wanted = true): Outcome | null {
    if (this.#ended) return null
    this.#ended = true
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners === null && !wanted) return null
    this.outcome.lastByte = performance.now()
    for (const listener of listeners ?? []) {
      try {
        listener(this.#result)
      } catch (error) {
        report(error)
      }
    }
    return this.#result
  }

  get #result(): Outcome {
    this.#settled ??= this.outcome.build(this.route)
    return this.#settled
  }
}

const noParams: Params = Object.freeze(Object.create(null))

type Params = Readonly<Record<string, string>>
/** Reads captures out of a path that is known to match. */
type Captures = (path: string) => Params

/** The exchange that adapters make. Copied field by field: a spread costs six times as much. */
export class NodeExchange implements Exchange {
  readonly method: string
  readonly target: Target
  readonly wire: Target
  readonly headers: HeaderMap
  readonly body: Body
  readonly origin: ExchangeOrigin
  #params: Params | null

  constructor(
    origin: ExchangeOrigin,
    method: string,
    target: Target,
    wire: Target,
    headers: HeaderMap,
    body: Body,
    params: Params | null = null,
  ) {
    this.origin = origin
    this.method = method
    this.target = target
    this.wire = wire
    this.headers = headers
    this.body = body
    this.#params = params
  }

  /** Worked out when first read: few handlers look at them. */
  get params(): Params {
    this.#params ??= this.origin.captures?.(this.target.path) ?? noParams
    return this.#params
  }

  get client(): ClientInfo {
    return this.origin.client
  }

  get route(): string | null {
    return this.origin.route
  }

  get base(): string {
    return this.origin.base
  }

  get httpVersion(): string {
    return this.origin.httpVersion
  }

  get requestTarget(): string {
    return this.origin.requestTarget
  }

  get cancel(): Cancel {
    return this.origin.cancel
  }

  get signal(): AbortSignal {
    return this.origin.cancel.signal
  }

  get upgrade(): UpgradeRequest | null {
    return this.origin.upgrade
  }

  get raw(): IncomingMessage | Http2ServerRequest {
    return this.origin.raw
  }

  get<T>(key: StateKey<T>): T | undefined {
    return this.origin.get(key) as T | undefined
  }

  set<T>(key: StateKey<T>, value: T): void {
    this.origin.set(key, value)
  }

  with(change: ExchangeChange): Exchange {
    const { wire } = change
    return new NodeExchange(
      this.origin,
      change.method ?? this.method,
      this.target,
      wire === undefined ? this.wire : typeof wire === 'string' ? rewriteTarget(wire) : wire,
      change.headers ?? this.headers,
      change.body ?? this.body,
      change.params ?? this.#params,
    )
  }

  inform(status: number, headers: HeaderMap): void {
    const { informer, response } = this.origin
    if (response !== null) informer?.(response, status, headers)
  }

  noteAttempt(outcome: AttemptOutcome): void {
    this.origin.outcome.attempts.push(outcome)
  }

  noteFailure(error: Error): void {
    this.origin.fail(error)
  }

  detach(): DetachedExchange {
    const { method, target, wire, headers } = this
    return new Detached(this.origin.detached(), method, target, wire, headers, emptyBody, this.#params)
  }

  onSettled(listener: (outcome: Outcome) => void): void {
    this.origin.onSettled(listener)
  }
}

class Detached extends NodeExchange implements DetachedExchange {
  end(reason: Error): void {
    const { cancel } = this.origin
    cancel.abort(reason)
    this.origin.settle((error) => events.emit('fault', { where: 'onSettled', error }), false)
  }
}
