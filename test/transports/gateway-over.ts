import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createGateway,
  createPool,
  type EndpointOptions,
  EventHub,
  type Filter,
  type ForwardOptions,
  forward,
  type Outcome,
  type Pool,
  type PoolOptions,
  type Transport,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { expect } from 'vitest'
import { afterReplies, eventually, parseReplies, raw, type WireReply } from '../support/index.js'

export interface GatewayOverOptions {
  readonly forward?: Omit<ForwardOptions, 'pool' | 'transport'>
  readonly pool?: Omit<PoolOptions, 'name' | 'endpoints' | 'events'>
  readonly filters?: readonly Filter[]
  /** What a framework's outer middleware would do first. */
  readonly before?: (req: IncomingMessage, res: ServerResponse) => void
}

/** One gateway of one pool on a real `node:http` server, through the Node adapter. */
export interface TestGateway extends AsyncDisposable {
  readonly port: number
  readonly pool: Pool
  /** Of the exchanges that have settled. */
  readonly outcomes: readonly Outcome[]
  /** Waits until `count` exchanges have settled; returns the last of them. */
  settled(count?: number): Promise<Outcome>
  /** Waits until no lease is out and nobody queues. */
  idle(timeoutMs?: number): Promise<void>
}

type EndpointLike = string | EndpointOptions

/** For rows that fail again and again: failures take no endpoint out. */
export const steady = { health: { passive: false } } as const

export async function gatewayOver(
  transport: Transport | undefined,
  endpoints: EndpointLike | readonly EndpointLike[],
  options: GatewayOverOptions = {},
): Promise<TestGateway> {
  const events = new EventHub()
  const outcomes: Outcome[] = []
  events.on('exchange', ({ outcome }) => outcomes.push(outcome))
  const list = Array.isArray(endpoints) ? (endpoints as readonly EndpointLike[]) : [endpoints as EndpointLike]
  const pool = createPool({ ...options.pool, name: 'upstreams', endpoints: list, events })
  const handler = forward({ ...options.forward, pool, transport })
  const gateway = createGateway({ events, filters: options.filters, routes: [{ path: '/**', handler }] })
  const listener = toNode(gateway)
  const server = createServer((req, res) => {
    options.before?.(req, res)
    listener(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    pool,
    outcomes,
    async settled(count = 1) {
      await eventually(() => outcomes.length >= count, { what: `${count} settled exchanges` })
      return outcomes[count - 1]!
    },
    idle: async (timeoutMs) => {
      const quiet = () => pool.queued === 0 && pool.endpoints.every(({ inFlight }) => inFlight === 0)
      await eventually(quiet, { timeoutMs, intervalMs: 2, what: 'every lease given back' })
    },
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await pool.close()
      await stopped
    },
  }
}

export const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'

export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

export function post(body: string, { method = 'POST', path = '/x' } = {}): string {
  return `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** Sends one request and returns its reply, whole or broken off. */
export async function ask(port: number, request: string = GET, timeoutMs = 5_000): Promise<WireReply> {
  const [reply] = (await askAll(port, request, timeoutMs)).filter(({ interim }) => !interim)
  if (reply === undefined) throw new Error(`no reply to ${JSON.stringify(request.slice(0, 80))}`)
  return reply
}

/** The same, with the interim replies in front. */
export async function askAll(port: number, request: string, timeoutMs = 5_000): Promise<WireReply[]> {
  const methods = [request.slice(0, request.indexOf(' '))]
  const { text, ended } = await raw(port, request, { until: afterReplies(1, { methods }), timeoutMs })
  return parseReplies(text, { methods, closed: ended === 'closed' })
}

/** A failure is answered with its status, its code, and nothing of what lies behind (H-058). */
export function expectFailure(reply: WireReply, status: number, code: string): void {
  const body = reply.body.toString()
  expect({ status: reply.status, body }).toEqual({ status, body: `${status} ${code}\n` })
  expect(JSON.stringify(reply.headers)).not.toMatch(/127\.0\.0\.1|ECONN|content-encoding/i)
}

/** A reply of 200 with that body, as bytes. */
export function ok(body = 'ok', fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`
}
