// A gateway with several pools in mixed states under load, for pictures of its status page: see screenshots.js.
import { once } from 'node:events'
import http from 'node:http'
import { attachUpgrade, createGateway, createPool, EventHub, forward, statusPage } from 'edgewise'
import { toNode } from 'edgewise/node'
import { WebSocket, WebSocketServer } from 'ws'

/** Starts it all; `stop` ends it. */
export async function startScene() {
  const servers = []
  const listen = async (server) => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    return server.address().port
  }
  const service = async ({ ms, failing = () => false, bytes = 2_000 }) => {
    const state = { well: true }
    const server = http.createServer((request, response) => {
      if (request.url === '/healthz') return response.writeHead(state.well ? 200 : 503).end()
      const status = failing() ? 500 : 200
      setTimeout(
        () => response.writeHead(status).end('x'.repeat(bytes)),
        ms * (0.6 + Math.random() + 2 * Math.random() ** 8),
      )
    })
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
    const port = await listen(server)
    return { state, url: `http://127.0.0.1:${port}` }
  }
  const hub = new EventHub()
  const internal = new EventHub()
  const named = async (name, options, more = {}) => {
    const made = await service(options)
    return { ...made, options: { url: made.url, name, ...more } }
  }
  const users = [
    await named('users-1.eu-central.internal:8080', { ms: 8 }, { zone: 'eu-central-1a' }),
    await named('users-2.eu-central.internal:8080', { ms: 9 }, { zone: 'eu-central-1a', weight: 2 }),
    await named('users-3.eu-central.internal:8080', { ms: 14 }, { zone: 'eu-central-1a' }),
    await named('users-4.eu-west.internal:8080', { ms: 22 }, { zone: 'eu-west-1b' }),
    await named('users-5.eu-west.internal:8080', { ms: 22 }, { zone: 'eu-west-1b' }),
  ]
  let broken = false
  const orders = [
    await named('orders-1:9000', { ms: 18, failing: () => Math.random() < 0.02 }),
    await named('orders-2:9000', { ms: 20, failing: () => broken }),
    await named('orders-3:9000', { ms: 17 }, { priority: 1 }),
  ]
  const search = [
    await named('search-1:9200', { ms: 160, bytes: 20_000 }),
    await named('search-2:9200', { ms: 190, bytes: 20_000 }),
  ]
  const live = [await named('live-1:7000', { ms: 2 }), await named('live-2:7000', { ms: 2 })]
  const optionsOf = (list) => list.map(({ options }) => options)
  const health = { active: { path: '/healthz', intervalMs: 500, rise: 2, fall: 2 } }
  const pools = [
    createPool({
      name: 'users',
      endpoints: optionsOf(users),
      zone: 'eu-central-1a',
      health,
      slowStartMs: 60_000,
      events: hub,
    }),
    createPool({
      name: 'orders',
      endpoints: optionsOf(orders),
      health: { breaker: { consecutiveFailures: 5, openMs: 300_000, maxOpenMs: 300_000 } },
      events: hub,
    }),
    createPool({ name: 'search', endpoints: optionsOf(search), maxConnections: 6, events: hub }),
    createPool({ name: 'live', endpoints: optionsOf(live), events: hub }),
  ]
  const [usersPool, ordersPool, searchPool, livePool] = pools
  const admin = createGateway({
    events: internal,
    routes: [
      {
        path: '/**',
        handler: statusPage({
          title: 'Edge, Frankfurt',
          pools,
          gateways: () => ({ public: edge, internal: admin }),
          events: hub,
          historyMs: 60_000,
          authorize: () => 'ada',
        }),
      },
    ],
  })
  const edge = createGateway({
    events: hub,
    routes: [
      { path: '/users/**', handler: forward({ pool: usersPool }) },
      { path: '/orders/**', handler: forward({ pool: ordersPool }) },
      { path: '/search/**', handler: forward({ pool: searchPool }) },
      { path: '/live/**', handler: forward({ pool: livePool }) },
    ],
  })
  const listener = toNode(edge)
  const front = http.createServer(listener)
  attachUpgrade(front, listener)
  const port = await listen(front)
  const page = await listen(http.createServer(toNode(admin)))

  let running = true
  const agent = new http.Agent({ keepAlive: true })
  const ask = (path) =>
    new Promise((resolve) => {
      const request = http.get({ port, path, agent, host: '127.0.0.1' }, (response) =>
        response.resume().once('close', resolve),
      )
      request.once('error', resolve)
    })
  const load = async (path, pause) => {
    while (running) {
      await ask(path)
      await new Promise((resolve) => setTimeout(resolve, pause() * (0.5 + Math.random())))
    }
  }
  const wave = () => 1 + 0.6 * Math.sin(Date.now() / 5_000)
  for (let at = 0; at < 12; at++) load('/users/1', () => 30 * wave())
  for (let at = 0; at < 5; at++) load('/orders/1', () => 40 * wave())
  for (let at = 0; at < 17; at++) load('/search/x', () => 5)
  const clients = Array.from({ length: 24 }, () => new WebSocket(`ws://127.0.0.1:${port}/live/feed`))
  for (const client of clients) client.on('open', () => client.send('hello'))
  return {
    url: `http://127.0.0.1:${page}/`,
    /** What makes the states mixed. */
    async unsettle() {
      users[4].state.well = false
      users[2].state.well = false
      broken = true
      void usersPool.drain(users[3].options.name)
      livePool.maintenance(live[1].options.name)
      await new Promise((resolve) => setTimeout(resolve, 4_000))
      users[2].state.well = true
      broken = false
    },
    async stop() {
      running = false
      for (const client of clients) client.terminate()
      agent.destroy()
      await Promise.all([edge.close({ graceMs: 0 }), admin.close({ graceMs: 0 })])
      await Promise.all(pools.map((pool) => pool.close()))
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
