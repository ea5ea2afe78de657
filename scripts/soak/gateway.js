// The gateway of the soak, from dist: `gateway.js '{"http1": [url…], "http2": [url…]}'`.

import http from 'node:http'
import http2Server from 'node:http2'
import { Registry } from 'prom-client'
import { toNode } from '../../dist/adapters/node.js'
import {
  accessLog,
  attachUpgrade,
  cache,
  compress,
  createGateway,
  createPool,
  EventHub,
  forward,
  hardenServer,
  http1,
  http2,
  httpProxy,
  memoryStore,
  metrics,
  rateLimit,
  tracing,
  undici,
} from '../../dist/index.js'
import { answer, tell } from './ipc.js'
import { stockTaker } from './stock.js'

const endpoints = JSON.parse(process.argv[2])

/** Knows how many listen to it. */
class CountedHub extends EventHub {
  listening = 0

  on(name, listener) {
    const off = super.on(name, listener)
    this.listening++
    let on = true
    return () => {
      if (on) this.listening--
      on = false
      off()
    }
  }
}

const events = new CountedHub()
events.on('fault', ({ where, error }) => tell({ fault: `${where}: ${error?.stack ?? error}` }))
const retries = { count: 0 }
events.on('retry', () => retries.count++)

const transports = { http1, proxied: httpProxy, undici, http2 }
const pools = Object.fromEntries(
  Object.keys(transports).map((name) => [
    name,
    createPool({
      name,
      endpoints: endpoints[name === 'http2' ? 'http2' : 'http1'],
      health: {
        active: { ...(name === 'http2' ? { probe: 'tcp' } : { path: '/healthz' }), intervalMs: 500, rise: 2, fall: 2 },
      },
      events,
    }),
  ]),
)
const handlers = Object.fromEntries(
  Object.entries(transports).map(([name, transport]) => [
    name,
    forward({ pool: pools[name], transport: transport(), retry: { attempts: 3 } }),
  ]),
)

const lines = { count: 0 }
const access = accessLog({
  events,
  write: () => {
    lines.count++
  },
})
const servers = {}
const measured = metrics({
  register: new Registry(),
  events,
  pools: Object.values(pools),
  gateways: () => [gateway],
})

/** Made anew by each reload, so that filters come and go. */
function rules() {
  const pages = cache({ store: memoryStore({ maxBytes: 4 * 1024 * 1024 }), events })
  const limit = rateLimit({ limit: 50, windowMs: 1_000, events })
  return {
    events,
    routes: [
      { path: '/metrics', handler: measured.handler },
      { path: '/cached/**', filters: [pages], handler: handlers.http1 },
      { path: '/limited/**', filters: [limit], handler: handlers.http1 },
      { path: '/text/**', filters: [compress()], handler: handlers.http1 },
      { path: '/traced/**', filters: [tracing({ tellClient: 'traceresponse' })], handler: handlers.http1 },
      ...Object.entries(handlers).map(([name, handler]) => ({ path: `/${name}/**`, handler })),
    ],
  }
}

const gateway = createGateway(rules())
const listener = toNode(gateway)
servers.http1 = http.createServer(listener)
servers.http2 = http2Server.createServer(listener)
for (const server of Object.values(servers)) hardenServer(server, { keepAliveTimeoutMs: 30_000 })
attachUpgrade(servers.http1, listener)

const listening = Promise.all(
  Object.values(servers).map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))),
)
const stock = stockTaker({ gateway, pools, servers, events })

answer({
  async ready() {
    await listening
    await gateway.ready
    const [one, two] = Object.values(servers).map((server) => server.address().port)
    return { ready: true, http1: one, http2: two }
  },
  connected: stock.connected,
  sample: async () => ({ ...(await stock.all()), retries: retries.count, lines: lines.count }),
  reload: () => gateway.reload(rules()),
  async drain({ pool, at }) {
    const { name } = pools[pool].endpoints[at]
    const idle = await pools[pool].drain(name, { deadlineMs: 1_500 })
    pools[pool].ready(name)
    return idle
  },
  /** Whether all endpoints may take traffic. */
  well: () => Object.values(pools).every((pool) => pool.endpoints.every(({ available }) => available)),
  async close() {
    access.close()
    measured.close()
    await gateway.close({ graceMs: 2_000 })
    for (const pool of Object.values(pools)) await pool.close()
    for (const server of Object.values(servers)) server.close()
    return { listening: events.listening }
  },
})
