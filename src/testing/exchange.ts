import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type Body, emptyBody } from '../body.js'
import { EdgeError } from '../errors.js'
import type { Exchange, UpgradeRequest } from '../exchange.js'
import type { ClientInfo } from '../http/client-info.js'
import { toHeaders } from '../http/header-map.js'
import { parseTarget } from '../http/target.js'
import { ExchangeOrigin, NodeExchange } from '../node-exchange.js'
import { check, checkOptions, optionError } from '../options.js'
import type { Outcome } from '../outcome.js'

/** What is odd about a {@link testExchange}. */
export interface TestExchangeOptions {
  /** Of the request line. @default 'GET' */
  readonly method?: string | undefined
  /** Fields of the request. @default none */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** What of the client is not as usual: plain HTTP from 192.0.2.1, for the host `a.test`. @default nothing */
  readonly client?: Partial<ClientInfo> | undefined
  /** Where the adapter is mounted. @default '/' */
  readonly base?: string | undefined
  /** Pattern of the route that it came by. @default null */
  readonly route?: string | undefined
  /** The target as the client sent it, mount point and all. @default the base and the target */
  readonly requestTarget?: string | undefined
  /** What the route captures. @default none */
  readonly params?: Readonly<Record<string, string>> | undefined
  /** A wish for a WebSocket. @default false */
  readonly upgrade?: boolean | undefined
  /** What the client sends, as {@link bytesBody} makes it. @default none */
  readonly body?: Body | undefined
}

/** An exchange without a socket. */
export interface TestExchange extends Exchange {
  /**
   * Ends it, as an adapter does when the last byte of the reply has left: once, whatever comes later.
   *
   * @param told What came of it. @default nothing went out
   */
  settle(told?: Partial<Pick<Outcome, 'status' | 'error'>> & { readonly who?: Outcome['termination']['who'] }): Outcome
  /** The client leaves: whatever is under way for it is called off, and it settles. */
  leave(): void
}

class InMemoryExchange extends NodeExchange implements TestExchange {
  #settled: Outcome | null = null

  settle({ status, error, who }: Parameters<TestExchange['settle']>[0] = {}): Outcome {
    if (this.#settled !== null) return this.#settled
    const { origin } = this
    const { outcome } = origin
    if (status !== undefined) outcome.status = status
    if (error !== undefined) outcome.error = error
    if (who !== undefined) outcome.who = who
    else if (outcome.error !== null) outcome.who = outcome.error.source
    if (outcome.who === null) outcome.phase = 'done'
    this.#settled = origin.settle((thrown) => {
      throw thrown
    })!
    return this.#settled
  }

  leave(): void {
    const left = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left')
    this.origin.cancel.abort(left)
    this.settle({ error: left })
  }
}

/**
 * Makes an exchange in memory, as an adapter makes it of a request: for unit tests of filters, handlers and balancers.
 *
 * @param target Path and query, below the base.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a target that no adapter would let in.
 * @example
 * ```ts
 * import { testExchange } from 'edgewise/testing'
 *
 * const exchange = testExchange('/users/1?full=1', { headers: { 'x-tenant': 'acme' } })
 * const reply = await myFilter(exchange, async () => emptyReply(204))
 * exchange.settle({ status: 204 })
 * ```
 */
export function testExchange(target: string, options: TestExchangeOptions = {}): TestExchange {
  checkOptions('testExchange', options, {
    method: check.string,
    headers: check.object,
    client: check.object,
    base: check.string,
    route: check.string,
    requestTarget: check.string,
    params: check.object,
    upgrade: check.boolean,
    body: check.object,
  })
  const { method = 'GET', headers = {}, base = '/', params, upgrade = false, body = emptyBody } = options
  const host = 'a.test'
  const client: ClientInfo = {
    address: '192.0.2.1',
    protocol: 'http',
    host,
    port: 80,
    authority: host,
    peer: '192.0.2.1',
    trusted: false,
    forwardedFor: '',
    certificate: null,
    ...options.client,
  }
  const wish: UpgradeRequest | null = upgrade
    ? { protocol: 'websocket', socket: new Socket(), head: new Uint8Array() }
    : null
  const parsed = parseTarget(target, method, null)
  if ('error' in parsed) throw optionError('testExchange', 'target', target, parsed.error.message)
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), client, base, wish, performance.now())
  origin.route = options.route ?? null
  origin.requestTarget = options.requestTarget ?? `${base === '/' ? '' : base}${target}`
  return new InMemoryExchange(origin, method, parsed, parsed, toHeaders(headers), body, params ?? null)
}
