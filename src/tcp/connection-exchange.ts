import type { IncomingMessage } from 'node:http'
import { type Body, emptyBody } from '../body.js'
import type { Cancel } from '../cancel.js'
import { EdgeError } from '../errors.js'
import { type DetachedExchange, type Exchange, type ExchangeChange, type StateKey, stateKey } from '../exchange.js'
import { type ExchangeState, setState, stateOf } from '../exchange-state.js'
import type { ClientInfo } from '../http/client-info.js'
import type { HeaderMap } from '../http/header-map.js'
import { rewriteTarget, type Target } from '../http/target.js'
import { nullObject } from '../null-object.js'
import type { AttemptOutcome, Outcome, OutcomeBuilder } from '../outcome.js'
import type { ClientHello } from './client-hello.js'

/** What the client of a connection that is routed by name said in its ClientHello: `exchange.get(clientHello)`. */
export const clientHello: StateKey<ClientHello> = stateKey<ClientHello>('clientHello')

const NOWHERE: Target = Object.freeze({ path: '/', query: '', href: '/' })
const NONE: Readonly<Record<string, never>> = Object.freeze(nullObject<never>())

/** What exchanges derived from one connection have in common. */
class ConnectionOrigin {
  readonly client: ClientInfo
  readonly route: string | null
  readonly cancel: Cancel
  readonly outcome: OutcomeBuilder
  state: ExchangeState | null = null
  readonly listeners: ((outcome: Outcome) => void)[] = []
  settled: Outcome | null = null

  constructor(client: ClientInfo, route: string | null, cancel: Cancel, outcome: OutcomeBuilder) {
    this.client = client
    this.route = route
    this.cancel = cancel
    this.outcome = outcome
  }
}

/**
 * A connection in the form that balancers and pools take: it has a client and a life, but no message. Method and target are those of
 * a CONNECT for `/`; headers and body are empty.
 */
export class ConnectionExchange implements Exchange {
  readonly #origin: ConnectionOrigin
  readonly #change: ExchangeChange
  readonly target: Target = NOWHERE
  readonly wire: Target
  readonly base = '/'
  readonly httpVersion = ''
  readonly requestTarget = ''
  readonly upgrade = null

  private constructor(origin: ConnectionOrigin, change: ExchangeChange) {
    const { wire = NOWHERE } = change
    this.#origin = origin
    this.#change = change
    this.wire = typeof wire === 'string' ? rewriteTarget(wire) : wire
  }

  static of(client: ClientInfo, route: string | null, cancel: Cancel, outcome: OutcomeBuilder): ConnectionExchange {
    return new ConnectionExchange(new ConnectionOrigin(client, route, cancel, outcome), {})
  }

  get method(): string {
    return this.#change.method ?? 'CONNECT'
  }

  get headers(): HeaderMap {
    return this.#change.headers ?? NONE
  }

  get body(): Body {
    return this.#change.body ?? emptyBody
  }

  get params(): Readonly<Record<string, string>> {
    return this.#change.params ?? NONE
  }

  get client(): ClientInfo {
    return this.#origin.client
  }

  get route(): string | null {
    return this.#origin.route
  }

  get cancel(): Cancel {
    return this.#origin.cancel
  }

  get signal(): AbortSignal {
    return this.#origin.cancel.signal
  }

  get raw(): IncomingMessage {
    throw new EdgeError('ERR_EDGE_BAD_VALUE', 'a connection of the layer 4 balancer has no request: exchange.raw')
  }

  get<T>(key: StateKey<T>): T | undefined {
    return stateOf(this.#origin.state, key) as T | undefined
  }

  set<T>(key: StateKey<T>, value: T): void {
    this.#origin.state = setState(this.#origin.state, key, value)
  }

  with(change: ExchangeChange): Exchange {
    return new ConnectionExchange(this.#origin, { ...this.#change, ...change })
  }

  /** There is nothing before a reply: there are no replies. */
  inform(): void {}

  noteAttempt(outcome: AttemptOutcome): void {
    this.#origin.outcome.attempts.push(outcome)
  }

  noteFailure(error: EdgeError): void {
    this.#origin.outcome.error = error
  }

  /** Nothing of a connection outlives it: ending what it gave away is nobody's but its own. */
  detach(): DetachedExchange {
    return Object.assign(new ConnectionExchange(this.#origin, this.#change), { end: () => {} })
  }

  onSettled(listener: (outcome: Outcome) => void): void {
    const { settled, listeners } = this.#origin
    if (settled === null) listeners.push(listener)
    else queueMicrotask(() => listener(settled))
  }

  /** Ends the exchange. @param report Hears of listeners that threw. */
  settle(report: (error: unknown) => void): Outcome {
    const origin = this.#origin
    const outcome = origin.outcome.build(origin.route)
    origin.settled = outcome
    for (const listener of origin.listeners.splice(0)) {
      try {
        listener(outcome)
      } catch (error) {
        report(error)
      }
    }
    return outcome
  }
}
