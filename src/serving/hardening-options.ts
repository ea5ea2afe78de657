import type { Server } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import { check, checkOptions, type Milliseconds, optionError } from '../options.js'

/** The servers that can be hardened: of `node:http`, `node:https` and `node:http2`. */
export type HardenableServer = Server | Http2Server | Http2SecureServer

export interface HardenOptions {
  /** Until a request's head is there, from the connection or from the end of the reply before it. @default 10000 (Node: 60000) */
  readonly headersTimeoutMs?: Milliseconds | undefined
  /** Until all of a request is there, its body included. 0 is no limit. @default 300000, as Node's */
  readonly requestTimeoutMs?: Milliseconds | undefined
  /** How long a connection may wait for its next request. @default as the server has it (Node: 5000) */
  readonly keepAliveTimeoutMs?: Milliseconds | undefined
  /** Of TLS, until the handshake is done. @default 10000 (Node: 120000) */
  readonly handshakeTimeoutMs?: Milliseconds | undefined
  /** How long a client may move nothing while it is waited for: its body, or its reading of a reply. @default 60000 (NGINX `send_timeout`) */
  readonly stallTimeoutMs?: Milliseconds | undefined
  /** How often Node looks for requests that took too long. @default 1000 (Node: 30000) */
  readonly checkIntervalMs?: Milliseconds | undefined
  /** Connections at once; more are closed. 0 is no limit. @default 0 */
  readonly maxConnections?: number | undefined
  /** Connections at once of one address, or of one IPv6 network; more are closed. 0 is no limit. @default 0 */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Bits of an IPv6 address that make a client. @default 64 */
  readonly ipv6Prefix?: number | undefined
  /** Peers that may have as many connections as they like: the proxies in front. As `trustedProxies`. @default none */
  readonly unlimitedAddresses?: readonly string[] | undefined
  /** Requests on one connection, after which it is closed. 0 is no limit. @default 1000 (NGINX `keepalive_requests`) */
  readonly maxRequestsPerSocket?: number | undefined
  /**
   * Header fields that Node reads; it drops those past them without a word, so that an attacker can push one off the end (H-022). 0 is no
   * limit but `maxHeaderSize`; a gateway refuses more than 200 with 431, so a number must be above that. @default 0
   */
  readonly maxHeadersCount?: number | undefined
  /** Of HTTP/2: requests at once on one connection. @default 100 (NGINX 128) */
  readonly maxConcurrentStreams?: number | undefined
}

/** All of {@link HardenOptions}, with what was left out. */
export type Hardening = { readonly [K in keyof Required<HardenOptions>]: NonNullable<HardenOptions[K]> }

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readHardening(server: HardenableServer, options: HardenOptions): Hardening {
  const count = check.whole(0, 10_000_000)
  checkOptions('hardenServer', options, {
    headersTimeoutMs: check.duration,
    requestTimeoutMs: check.durationOrOff,
    keepAliveTimeoutMs: check.duration,
    handshakeTimeoutMs: check.duration,
    stallTimeoutMs: check.duration,
    checkIntervalMs: check.duration,
    maxConnections: count,
    maxConnectionsPerAddress: count,
    ipv6Prefix: check.whole(1, 128),
    unlimitedAddresses: check.strings,
    maxRequestsPerSocket: count,
    maxHeadersCount: (value) =>
      value === 0 || check.whole(201, 100_000)(value) === undefined ? undefined : '0 (no limit), or from 201 to 100000',
    maxConcurrentStreams: check.whole(1, 2 ** 31 - 1),
  })
  const hardening: Hardening = {
    headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 300_000,
    keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? ((server as Partial<Server>).keepAliveTimeout || 5_000),
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    stallTimeoutMs: options.stallTimeoutMs ?? 60_000,
    checkIntervalMs: options.checkIntervalMs ?? 1_000,
    maxConnections: options.maxConnections ?? 0,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 0,
    ipv6Prefix: options.ipv6Prefix ?? 64,
    unlimitedAddresses: options.unlimitedAddresses ?? [],
    maxRequestsPerSocket: options.maxRequestsPerSocket ?? 1_000,
    maxHeadersCount: options.maxHeadersCount ?? 0,
    maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
  }
  const { headersTimeoutMs, requestTimeoutMs } = hardening
  if (requestTimeoutMs > 0 && headersTimeoutMs > requestTimeoutMs)
    throw optionError('hardenServer', 'headersTimeoutMs', headersTimeoutMs, `no more than requestTimeoutMs`)
  refuseLenient(server)
  return hardening
}

/** A parser that takes what RFC 9112 forbids lets requests be smuggled past whoever stands in front or behind (H-010). */
function refuseLenient(server: HardenableServer): void {
  const { insecureHTTPParser, httpValidation } = server as { insecureHTTPParser?: unknown; httpValidation?: unknown }
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)]
  const lenient = flags.includes('--insecure-http-parser') && insecureHTTPParser !== false
  if (insecureHTTPParser === true || lenient)
    throw optionError('hardenServer', 'server', 'made with insecureHTTPParser', 'a server with the strict parser')
  if (httpValidation !== undefined && httpValidation !== 'strict')
    throw optionError(
      'hardenServer',
      'server',
      `made with httpValidation: ${httpValidation}`,
      "httpValidation: 'strict'",
    )
}
