import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import {
  attachUpgrade,
  createGateway,
  createPool,
  EventHub,
  type Filter,
  type ForwardOptions,
  forward,
  type Gateway,
  type GatewayOptions,
  type Pool,
  type PoolOptions,
  type RouteOptions,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { eventually } from '../support/index.js'

export interface WsFrontOptions {
  readonly pool?: Partial<PoolOptions> | undefined
  readonly forward?: Partial<ForwardOptions> | undefined
  readonly gateway?: Omit<Partial<GatewayOptions>, 'routes'> | undefined
  readonly route?: Partial<RouteOptions> | undefined
  readonly filters?: readonly Filter[] | undefined
  readonly base?: string | undefined
  readonly tls?: TlsOptions | undefined
  readonly maxHeaderSize?: number | undefined
}

/** A gateway that forwards upgrades, on a real server through `toNode`. */
export interface WsFront extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly server: Server
  readonly gateway: Gateway
  readonly pool: Pool
  close(): Promise<void>
}

export async function wsFront(to: string | readonly string[], options: WsFrontOptions = {}): Promise<WsFront> {
  const events = new EventHub()
  const endpoints = [to].flat().map((url) => url.replace(/^ws/, 'http'))
  const pool = createPool({ name: 'far', endpoints, events, ...options.pool })
  const handler = forward({ pool, ...options.forward })
  const route = { path: '/**', handler, filters: options.filters ?? [], ...options.route }
  const gateway = createGateway({ events, ...options.gateway, routes: [route] })
  const listener = toNode(gateway, options.base === undefined ? {} : { base: options.base })
  const server =
    options.tls === undefined
      ? createServer({ maxHeaderSize: options.maxHeaderSize ?? 16_384 }, listener)
      : createTlsServer(options.tls, listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    await gateway.close({ graceMs: 0 })
    await pool.close()
    const stopped = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await stopped
  }
  const url = `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`
  return { port, url, server, gateway, pool, close, [Symbol.asyncDispose]: close }
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export interface HandshakeOptions {
  readonly start?: string | undefined
  readonly host?: string | undefined
  /** In place of the fields that make it a handshake. */
  readonly fields?: readonly string[] | undefined
  readonly more?: readonly string[] | undefined
}

/** The bytes of a WebSocket handshake. */
export function handshake({ start = 'GET /', host = 'edge.test', fields, more = [] }: HandshakeOptions = {}): string {
  const usual = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`]
  return `${[`${start} HTTP/1.1`, `Host: ${host}`, ...(fields ?? usual), ...more].join('\r\n')}\r\n\r\n`
}

/** What proves that a handshake was understood (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** A sound 101 to a handshake. */
export function switching(key: string = KEY, more: readonly string[] = []): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
  return `${[...lines, `Sec-WebSocket-Accept: ${acceptOf(key)}`, ...more].join('\r\n')}\r\n\r\n`
}

/** A sink script that switches and then holds the tunnel. */
export const switchAndHold = [switching(), 'stall'] as const

/** Waits until a count that has begun stands still between two looks, and gives it. */
export async function steady(count: () => number): Promise<number> {
  let last = -1
  await eventually(
    () => {
      const before = last
      last = count()
      return last > 0 && last === before
    },
    { intervalMs: 150, timeoutMs: 15_000 },
  )
  return last
}
