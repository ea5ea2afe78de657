import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createPool, EventHub, type Outcome, type Pool, type PoolOptions } from 'edgewise'
import { createTcpBalancer, type TcpBalancer, type TcpBalancerOptions } from 'edgewise/tcp'
import { eventually } from '../../support/index.js'

/** An upstream that does with each connection what it is told. */
export interface Far extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly sockets: readonly Socket[]
}

/** Starts an upstream on 127.0.0.1; by default it sends back what it gets, and its end with it. */
export async function far(
  onConnection: (socket: Socket, index: number) => void = (socket) => socket.pipe(socket),
): Promise<Far> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket, sockets.push(socket) - 1)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `tcp://127.0.0.1:${port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** A balancer that listens, its pool, and what it told. */
export interface Front extends AsyncDisposable {
  readonly port: number
  readonly pool: Pool
  readonly balancer: TcpBalancer
  readonly events: EventHub
  readonly outcomes: readonly Outcome[]
  /** Waits until nothing is under way, checks that no lease is out, and returns the last outcome. */
  atRest(): Promise<Outcome>
}

/** Starts a balancer in front of these endpoints. */
export async function balancerOver(
  endpoints: PoolOptions['endpoints'],
  options: TcpBalancerOptions = {},
  poolOptions: Partial<PoolOptions> = {},
): Promise<Front> {
  const events = options.events ?? new EventHub()
  const pool = createPool({ name: 'far', endpoints, events, ...poolOptions })
  const balancer = createTcpBalancer({ ...(options.routes === undefined ? { pool } : {}), events, ...options })
  const outcomes: Outcome[] = []
  events.on('connection', ({ outcome }) => outcomes.push(outcome))
  const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: (server.address() as AddressInfo).port,
    pool,
    balancer,
    events,
    outcomes,
    async atRest() {
      await eventually(() => balancer.connections === 0)
      for (const endpoint of pool.endpoints)
        if (endpoint.inFlight !== 0) throw new Error(`${endpoint.name} has ${endpoint.inFlight} in flight`)
      return outcomes.at(-1)!
    },
    async [Symbol.asyncDispose]() {
      await balancer.close({ graceMs: 0 })
      await pool.close()
    },
  }
}
