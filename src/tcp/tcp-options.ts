import type { EventHub } from '../events.js'
import { type Bytes, type Check, check, checkOptions, type Milliseconds, optionError } from '../options.js'
import type { Pool } from '../upstream/pool.js'
import { checkTcpEndpoint } from './connect.js'
import type { ProxyProtocolOptions } from './proxied.js'

export interface TcpBalancerOptions {
  /** Where connections go: a pool of `tcp://host:port` and `unix:/path` endpoints. Either this or `routes`. @default none */
  readonly pool?: Pool | undefined
  /**
   * Where TLS connections go, by the host name they ask for (SNI): `{ 'a.example.com': one, '*.example.com': two, default: three }`.
   * The TLS is not ended here: endpoints get the bytes as they came. What matches nothing goes to `default`, or is closed.
   * @default none
   */
  readonly routes?: Readonly<Record<string, Pool>> | undefined
  /** With `routes`: what becomes of connections that are not TLS: closed, or sent to `routes.default`. @default 'close' */
  readonly plaintext?: 'close' | 'default' | undefined
  /** Read a PROXY protocol header, version 1 or 2, from these peers. @default off */
  readonly proxyProtocol?: ProxyProtocolOptions | undefined
  /** Tell endpoints by a PROXY protocol header where each connection came from. @default off */
  readonly sendProxyProtocol?: 'v1' | 'v2' | undefined
  /** For the PROXY header and the ClientHello to come. @default 5000 */
  readonly prereadTimeoutMs?: Milliseconds | undefined
  /** Longest ClientHello, with its records. @default 16384 (NGINX `preread_buffer_size`) */
  readonly prereadLimit?: Bytes | undefined
  /** Until a connection to an endpoint is up. @default 5000 */
  readonly connectTimeoutMs?: Milliseconds | undefined
  /** Endpoints that are tried before a connection is given up. @default 3 */
  readonly maxConnectAttempts?: number | undefined
  /** How long a connection may be silent in both directions. 0 is no limit. @default 600000 (NGINX `proxy_timeout`) */
  readonly idleTimeoutMs?: Milliseconds | undefined
  /** Connections at once, in all; more are closed. 0 is no limit but those of the pools and their queues. @default 0 */
  readonly maxConnections?: number | undefined
  /** Connections at once of one client: an IPv4 address, or an IPv6 /64; more are closed. 0 is no limit. @default 0 */
  readonly maxConnectionsPerClient?: number | undefined
  /** Where `connection` and `fault` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

const isPool = (value: unknown): boolean => typeof (value as Pool)?.acquire === 'function'
const pool: Check = (value) => (isPool(value) ? undefined : 'a pool, as createPool() makes')

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkTcpOptions(factory: string, options: TcpBalancerOptions): void {
  checkOptions(factory, options, {
    pool,
    routes: (value) =>
      check.object(value) === undefined && Object.values(value as object).length > 0
        ? Object.values(value as object)
            .map(pool)
            .find((refusal) => refusal !== undefined)
        : 'pools by host name',
    plaintext: check.oneOf('close', 'default'),
    proxyProtocol: check.object,
    sendProxyProtocol: check.oneOf('v1', 'v2'),
    prereadTimeoutMs: check.duration,
    prereadLimit: check.whole(64, 65_536),
    connectTimeoutMs: check.duration,
    maxConnectAttempts: check.whole(1, 1000),
    idleTimeoutMs: check.durationOrOff,
    maxConnections: check.whole(0, 10_000_000),
    maxConnectionsPerClient: check.whole(0, 10_000_000),
    events: check.object,
  })
  const { routes } = options
  if ((options.pool === undefined) === (routes === undefined))
    throw optionError(factory, 'pool', options.pool, 'either a pool, or pools by host name as "routes"')
  if (options.plaintext === 'default' && !Object.hasOwn(routes ?? {}, 'default'))
    throw optionError(factory, 'plaintext', options.plaintext, "'close' where there is no routes.default")
  for (const each of options.pool === undefined ? Object.values(routes!) : [options.pool])
    for (const endpoint of each.endpoints) checkTcpEndpoint(endpoint)
}
