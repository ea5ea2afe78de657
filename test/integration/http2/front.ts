import { createServer as createHttp1Server, type Server } from 'node:http'
import { createSecureServer, createServer } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import {
  type AttemptOutcome,
  attachContinue,
  attachUpgrade,
  createGateway,
  createPool,
  EventHub,
  type ForwardOptions,
  forward,
  type Gateway,
  type GatewayOptions,
  type Outcome,
  type Pool,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { certificates, eventually } from '../../support/index.js'

export interface Http2FrontOptions {
  /** `tls` also takes HTTP/1.1, as browsers' servers do. @default 'h2c' */
  readonly serves?: 'h2c' | 'tls' | 'h1' | undefined
  readonly gateway?: Partial<GatewayOptions> | undefined
  readonly forward?: Partial<ForwardOptions> | undefined
  /** Where it listens. @default a free port of 127.0.0.1 */
  readonly path?: string | undefined
}

/** A gateway with a pool behind it, on a server for HTTP/2 clients. */
export interface Http2Front extends AsyncDisposable {
  readonly port: number
  readonly gateway: Gateway
  readonly pool: Pool
  readonly outcomes: readonly Outcome[]
  readonly attempts: readonly AttemptOutcome[]
  readonly sockets: ReadonlySet<Socket>
  /** Waits until nothing is under way, and every lease has come back. */
  atRest(): Promise<void>
}

export async function http2Front(
  url: string | readonly string[],
  options: Http2FrontOptions = {},
): Promise<Http2Front> {
  const { serves = 'h2c', path } = options
  const hub = new EventHub()
  const outcomes: Outcome[] = []
  const attempts: AttemptOutcome[] = []
  hub.on('exchange', ({ outcome }) => outcomes.push(outcome))
  hub.on('attempt', ({ outcome }) => attempts.push(outcome))
  const pool = createPool({ name: 'far', endpoints: [url].flat(), events: hub })
  const gateway = createGateway({
    events: hub,
    routes: [{ path: '/**', handler: forward({ pool, ...options.forward }) }],
    ...options.gateway,
  })
  const listener = toNode(gateway)
  const server =
    serves === 'tls'
      ? createSecureServer({ ...certificates(), allowHTTP1: true }, listener)
      : serves === 'h1'
        ? createHttp1Server(listener)
        : createServer(listener)
  attachUpgrade(server, listener)
  attachContinue(server)
  const sockets = new Set<Socket>()
  ;(server as Server).on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
  )
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    gateway,
    pool,
    outcomes,
    attempts,
    sockets,
    async atRest() {
      const { traffic } = gateway
      await eventually(
        () => traffic.requests === 0 && traffic.tunnels === 0 && pool.endpoints.every(({ inFlight }) => inFlight === 0),
      )
    },
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await gateway.close({ graceMs: 0 })
      await pool.close()
      await stopped
    },
  }
}
