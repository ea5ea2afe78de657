import type { ForwardedStyle } from '../http/forwarded.js'
import { compileRules, type HeaderChange, type HeaderRules } from '../http/header-rules.js'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import type { PathRewrite } from '../routing/rewrite.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Pool } from '../upstream/pool.js'
import { checkHedge, type HedgeOptions } from './hedge.js'
import { checkRetry, type RetryOptions } from './retry-options.js'
import type { Transport } from './transport.js'

export interface ForwardOptions {
  /** Whose endpoints are asked. */
  readonly pool: Pool
  /** How requests are carried; upgrades always go through http-proxy-3. @default http1() */
  readonly transport?: Transport | undefined
  /** Until a connection is up, TLS included. @default 5000 */
  readonly connectTimeoutMs?: Milliseconds | undefined
  /** From the last byte sent to the first of the reply. 0 is no limit. @default 60000 (NGINX `proxy_read_timeout`) */
  readonly firstByteTimeoutMs?: Milliseconds | undefined
  /** Between two bytes of the reply, either way. 0 is no limit. @default 60000 */
  readonly idleTimeoutMs?: Milliseconds | undefined
  /** For all of it, retries and body included; of a WebSocket for its handshake. @default 0: no limit */
  readonly totalTimeoutMs?: Milliseconds | undefined
  /** The same as `firstByteTimeoutMs` for a WebSocket's handshake: until the upstream answers it. 0 is no limit. @default 10000 */
  readonly handshakeTimeoutMs?: Milliseconds | undefined
  /** How long a WebSocket may be silent in both directions before both are told to go (1001). 0 is no limit. @default 3600000 (HAProxy's customary `timeout tunnel`) */
  readonly tunnelIdleTimeoutMs?: Milliseconds | undefined
  /**
   * When a request that failed is tried again; `false` for never.
   *
   * @default what never left, at each other endpoint; a GET, HEAD, OPTIONS or TRACE without a body whose connection died before the reply, once
   */
  readonly retry?: RetryOptions | false | undefined
  /** Whether a request that takes long is sent to a second endpoint, too. @default never */
  readonly hedge?: HedgeOptions | undefined
  /** Whether WebSocket upgrades are forwarded. @default true */
  readonly websocket?: boolean | undefined
  /** Send the endpoint's name as Host instead of the client's. @default false */
  readonly changeOrigin?: boolean | undefined
  /** Changes to the path that the upstream gets. @default none */
  readonly pathRewrite?: PathRewrite | undefined
  /** Changes to the fields that the upstream gets. @default none */
  readonly requestHeaders?: HeaderRules | undefined
  /** Changes to the fields of its reply. @default none */
  readonly replyHeaders?: HeaderRules | undefined
  /** Fields that tell the upstream where a request came from. @default 'x-forwarded' */
  readonly forwarded?: ForwardedStyle | undefined
  /** This hop's name in Via, also how a loop is found; false for no Via. @default a name of its own */
  readonly via?: string | false | undefined
  /** Forward TRACE, which echoes cookies (RFC 9110 §9.3.8). @default false: 405 */
  readonly trace?: boolean | undefined
  /** Write a body that a parser consumed out again: JSON and urlencoded. @default false: 500 ERR_EDGE_BODY_CONSUMED */
  readonly reserializeBody?: boolean | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkForwardOptions(options: ForwardOptions): void {
  checkOptions('forward', options, {
    pool: (value) => (typeof (value as Pool)?.acquire === 'function' ? undefined : 'a pool, as createPool() makes'),
    transport: check.function,
    connectTimeoutMs: check.durationOrOff,
    firstByteTimeoutMs: check.durationOrOff,
    idleTimeoutMs: check.durationOrOff,
    totalTimeoutMs: check.durationOrOff,
    handshakeTimeoutMs: check.durationOrOff,
    tunnelIdleTimeoutMs: check.durationOrOff,
    retry: check.objectOrOff,
    hedge: check.object,
    websocket: check.boolean,
    changeOrigin: check.boolean,
    pathRewrite: check.either(check.object, check.function),
    requestHeaders: check.object,
    replyHeaders: check.object,
    forwarded: check.oneOf('x-forwarded', 'forwarded', 'both', 'off'),
    via: (value) =>
      value === false || (typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value))
        ? undefined
        : 'a token, or false',
    trace: check.boolean,
    reserializeBody: check.boolean,
  })
  if (options.retry) checkRetry('forward retry', options.retry)
  if (options.hedge !== undefined) checkHedge('forward hedge', options.hedge)
  if (options.pool === undefined) throw optionError('forward', 'pool', undefined, 'a pool, as createPool() makes')
  for (const endpoint of options.pool.endpoints) checkHttpEndpoint(endpoint)
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for an endpoint that speaks no HTTP: one may also join later. */
export function checkHttpEndpoint({ protocol, name }: Endpoint): void {
  if (protocol === 'tcp')
    throw optionError(
      'forward',
      'pool',
      name,
      'endpoints of http:, https: or unix:, as tcp: is for createTcpBalancer()',
    )
}

/** Compiles the rules for one direction; `null` for none. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function rulesOf(side: 'request' | 'reply', rules: HeaderRules | undefined): HeaderChange | null {
  return rules === undefined ? null : compileRules(`forward ${side}Headers`, rules, side)
}
