import http from 'node:http'
import { createGateway, createPool, forward, http1, httpProxy, roundRobin } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { child } from '../support/child.js'
import { eventually, sink } from '../support/index.js'
import { sourceLoader } from '../support/source-loader.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

async function served(handler: http.RequestListener): Promise<{ port: number; close(): Promise<unknown> }> {
  const server = http.createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

describe('what belongs to whom', () => {
  it("H-119 never closes a user's agent, and uses it", async () => {
    await using far = await sink()
    const agent = new http.Agent({ keepAlive: true })
    const front = await gatewayOver(httpProxy({ agent }), [far.url])
    await ask(front.port)
    await front[Symbol.asyncDispose]()
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1)
    expect(far.openConnections()).toBe(1)
    // It still works.
    await ask(far.port, '/', { agent })
    expect(far.connections).toHaveLength(1)
    agent.destroy()
  })

  it.each(transports)('H-119 closes connections of its own with the pool, over %s', async (_name, make) => {
    await using far = await sink()
    const front = await gatewayOver(make(), [far.url])
    await Promise.all(Array.from({ length: 4 }, () => ask(front.port)))
    expect(far.openConnections()).toBeGreaterThan(0)
    await front[Symbol.asyncDispose]()
    await eventually(() => far.openConnections() === 0)
  })

  it.each(transports)(
    'H-119 leaves a pool that it was given open when the gateway closes, over %s',
    async (_name, make) => {
      await using far = await sink()
      await using pool = createPool({ name: 'mine', endpoints: [far.url] })
      for (let round = 0; round < 2; round++) {
        const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool, transport: make() }) }] })
        const server = await served(toNode(gateway))
        expect((await ask(server.port)).status).toBe(200)
        await gateway.close()
        await server.close()
      }
      expect(far.requests).toHaveLength(2)
    },
  )

  it.each(transports)(
    'H-119 closes the pool that a one-liner made for itself with its gateway, over %s',
    async (_name, make) => {
      await using far = await sink()
      const listener = toNode(forward(far.url, { transport: make() }))
      const server = await served(listener)
      expect((await ask(server.port)).status).toBe(200)
      await listener.close()
      await server.close()
      await eventually(() => far.openConnections() === 0)
    },
  )

  it.each(transports)(
    'H-119 drains the old pool when the configuration is changed under traffic, over %s',
    async (_name, make) => {
      const gate = Promise.withResolvers<void>()
      await using old = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold'])
      await using next = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew'])
      const config = (url: string) => {
        const pool = createPool({ name: 'app', endpoints: [url], balancer: roundRobin() })
        const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool, transport: make() }) }] })
        const listener = toNode(gateway)
        return {
          listener,
          close: async () => {
            await gateway.close()
            await pool.close()
          },
        }
      }
      const first = config(old.url)
      let current = first
      const server = await served((req, res) => current.listener(req, res))
      const held = ask(server.port)
      await old.waitForRequests(1)
      current = config(next.url)
      const closing = first.close()
      expect((await ask(server.port)).body).toBe('new')
      gate.resolve()
      expect((await held).body).toBe('old')
      await closing
      await eventually(() => old.openConnections() === 0)
      await current.close()
      await server.close()
    },
  )

  it.each(['http1()', 'undici()', 'httpProxy()'])(
    'H-119 never touches a global dispatcher or agent of the process, over %s',
    async (transport) => {
      await using far = await sink()
      const code = `
      import http from 'node:http'
      import { once } from 'node:events'
      const [first, second] = [1, 2].map((at) => Symbol.for('undici.globalDispatcher.' + at))
      globalThis[first] = { mine: 1 }
      globalThis[second] = { mine: 2 }
      const before = [globalThis[first], globalThis[second], http.globalAgent]
      const { createPool, forward, http1, httpProxy, undici } = await import('edgewise')
      const { toNode } = await import('edgewise/node')
      const listener = toNode(forward('${far.url}', { transport: ${transport} }))
      const server = http.createServer(listener).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const [reply] = await once(http.get({ host: '127.0.0.1', port: server.address().port, agent: false }), 'response')
      reply.resume()
      const after = [globalThis[first], globalThis[second], http.globalAgent]
      process.send({
        status: reply.statusCode,
        same: after.every((each, at) => each === before[at]),
        idle: Object.keys(http.globalAgent.sockets).length + Object.keys(http.globalAgent.freeSockets).length,
      })
    `
      await using app = await child({ code }, { imports: [sourceLoader] })
      expect(app.messages).toEqual([{ status: 200, same: true, idle: 0 }])
    },
  )

  it('two transports of the same kind share the connections of an endpoint, which end with it', async () => {
    await using far = await sink()
    await using pool = createPool({ name: 'mine', endpoints: [{ url: far.url, name: 'far' }] })
    const listeners = [http1(), http1()].map((transport) => toNode(forward({ pool, transport })))
    const servers = await Promise.all(listeners.map(served))
    for (const { port } of servers) expect((await ask(port)).status).toBe(200)
    expect(far.connections).toHaveLength(1)
    await pool.remove('far')
    await eventually(() => far.openConnections() === 0)
    for (const listener of listeners) await listener.close()
    for (const server of servers) await server.close()
  })
})
