import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AttemptOutcome,
  attachUpgrade,
  createGateway,
  createPool,
  type EdgeEvents,
  type Endpoint,
  EventHub,
  type ForwardOptions,
  forward,
  type Gateway,
  type GatewayOptions,
  http1,
  httpProxy,
  type Outcome,
  type Pool,
  type PoolOptions,
  type Transport,
  undici,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { eventually } from '../support/index.js'

/** All transports for HTTP/1.1, for `describe.each`. */
export const transports: readonly (readonly [name: string, make: () => Transport])[] = [
  ['http1', () => http1()],
  ['undici', () => undici()],
  ['http-proxy', () => httpProxy()],
]

/** A gateway on a real server, with a pool behind it, and what both told about themselves. */
export interface Front extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  readonly gateway: Gateway
  readonly pool: Pool
  readonly hub: EventHub
  readonly outcomes: readonly Outcome[]
  readonly attempts: readonly AttemptOutcome[]
  /** Changes of endpoints, as `name change`. */
  readonly changes: readonly string[]
  endpoint(at: number): Endpoint
  /** Waits until nothing is under way, and every lease has come back. */
  atRest(): Promise<void>
}

export interface FrontOptions {
  readonly pool?: Partial<PoolOptions> | undefined
  readonly forward?: Partial<ForwardOptions> | undefined
  readonly gateway?: Partial<GatewayOptions> | undefined
  /** Off for load, where what is remembered would be most of the memory. @default true */
  readonly record?: boolean | undefined
}

export async function gatewayOver(
  transport: Transport,
  endpoints: PoolOptions['endpoints'],
  options: FrontOptions = {},
): Promise<Front> {
  const hub = new EventHub()
  const outcomes: Outcome[] = []
  const attempts: AttemptOutcome[] = []
  const changes: string[] = []
  if (options.record ?? true) {
    hub.on('exchange', ({ outcome }) => outcomes.push(outcome))
    hub.on('attempt', ({ outcome }) => attempts.push(outcome))
  }
  hub.on('endpoint', ({ endpoint, change }: EdgeEvents['endpoint']) => changes.push(`${endpoint} ${change}`))
  const pool = createPool({ name: 'test', endpoints, events: hub, ...options.pool })
  const gateway = createGateway({
    events: hub,
    routes: [{ path: '/**', handler: forward({ pool, transport, ...options.forward }) }],
    ...options.gateway,
  })
  const listener = toNode(gateway)
  const server = createServer(listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    gateway,
    pool,
    hub,
    outcomes,
    attempts,
    changes,
    endpoint: (at) => pool.endpoints[at]!,
    async atRest() {
      const busy = (): unknown => ({
        requests: gateway.traffic.requests,
        tunnels: gateway.traffic.tunnels,
        inFlight: pool.endpoints.map(({ inFlight }) => inFlight),
        queued: pool.queued,
      })
      const rest = JSON.stringify({ requests: 0, tunnels: 0, inFlight: pool.endpoints.map(() => 0), queued: 0 })
      await eventually(() => JSON.stringify(busy()) === rest).catch(() => {
        throw new Error(`not at rest: ${JSON.stringify(busy())}`)
      })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await pool.close()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
