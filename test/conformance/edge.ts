import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createGateway,
  type Exchange,
  type Filter,
  type ForwardOptions,
  forward,
  type Gateway,
  type GatewayOptions,
  type Handler,
  http1,
  httpProxy,
  type RouteOptions,
  type Transport,
  undici,
} from 'edgewise'
import { type NodeMiddleware, toNode } from 'edgewise/node'
import { expect } from 'vitest'
import {
  messages,
  oneMessage,
  parseReplies,
  type RawResult,
  type RawStep,
  raw,
  type Sink,
  type WireRequest,
} from '../support/index.js'

/** All transports for HTTP/1.1, for `describe.each`. */
export const transports: readonly { readonly name: string; readonly make: () => Transport }[] = [
  { name: 'http1', make: () => http1() },
  { name: 'undici', make: () => undici() },
  { name: 'httpProxy', make: () => httpProxy() },
]

/** What a chain saw of one request. */
export interface Seen {
  readonly route: string | null
  readonly target: string
  readonly method: string
  readonly exchange: Exchange
}

export interface Edge extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  /** Requests that got past routing, as the outermost filter saw them. */
  readonly seen: readonly Seen[]
}

export interface EdgeOptions extends Omit<GatewayOptions, 'routes'> {
  readonly base?: string | undefined
  readonly server?: ServerOptions | undefined
  readonly forward?: Omit<ForwardOptions, 'pool' | 'transport'> | undefined
  /** @default one route, `/**`, that forwards */
  readonly routes?: ((forwarder: Handler) => readonly RouteOptions[]) | undefined
}

/** Serves a request listener on 127.0.0.1. */
export async function listen(
  listener: RequestListener,
  close: () => Promise<void>,
  options: ServerOptions = {},
): Promise<{ readonly port: number; readonly server: Server } & AsyncDisposable> {
  const server = createServer(options, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await close()
      await stopped
    },
  }
}

/** A gateway over one transport in front of one upstream, behind the Node adapter on a real server. */
export async function edgeTo(upstream: Sink | string, make: () => Transport, options: EdgeOptions = {}): Promise<Edge> {
  const { base, server, forward: forwarding, routes = everything, filters = [], ...rest } = options
  const url = typeof upstream === 'string' ? upstream : upstream.url
  const seen: Seen[] = []
  const record: Filter = (exchange, next) => {
    const { route, target, method } = exchange
    seen.push({ route, target: target.href, method, exchange })
    return next(exchange)
  }
  const gateway: Gateway = createGateway({
    ...rest,
    filters: [record, ...filters],
    routes: routes(forward(url, { ...forwarding, transport: make() })),
  })
  const middleware: NodeMiddleware = toNode(gateway, base === undefined ? {} : { base })
  const served = await listen(
    (req, res) => middleware(req, res),
    () => gateway.close({ graceMs: 1 }),
    server,
  )
  return { ...served, seen }
}

function everything(forwarder: Handler): readonly RouteOptions[] {
  return [{ path: '/**', handler: forwarder }]
}

/** A head out of its lines. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** A chunked body in one chunk. */
export function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
}

/** Statuses a raw client got, interim ones left out; throws on what is not strictly HTTP/1.1. */
export function statuses(result: RawResult, methods: readonly string[] = []): number[] {
  return parseReplies(result.bytes, { methods, closed: result.ended !== 'open' })
    .filter(({ interim }) => !interim)
    .map(({ status }) => status)
}

/** Sends what should be refused, and waits for the connection to end, which may take Edgewise's second of lingering. */
export function refusal({ port }: Edge, bytes: string | readonly RawStep[]): Promise<RawResult> {
  return raw(port, bytes, { hold: 3_000 })
}

/** Asserts that a request was refused with one of the statuses, on a connection that then ended. */
export function expectRefused(result: RawResult, ...allowed: readonly number[]): void {
  const got = statuses(result)
  expect(got, `${result.ended}: ${result.text}`).toHaveLength(1)
  expect(allowed).toContain(got[0])
  expect(result.ended).not.toBe('open')
}

/** The one request on the one connection that an upstream got: the desync oracle. */
export function soleRequest(upstream: Sink): WireRequest {
  expect(upstream.connections).toHaveLength(1)
  return oneMessage(upstream.connections[0]!.received)
}

/** Every request an upstream got, each connection parsed strictly to its last byte. */
export function allRequests(upstream: Sink): WireRequest[] {
  return upstream.connections.flatMap(({ received }) => {
    const { messages: found, leftover, truncated } = messages(received)
    expect(leftover.toString('latin1')).toBe('')
    expect(truncated).toBe(false)
    return found
  })
}
