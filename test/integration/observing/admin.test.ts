import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AdminApiOptions,
  adminApi,
  attachUpgrade,
  createGateway,
  createPool,
  EventHub,
  forward,
  type Gateway,
  type Handler,
  type PoolOptions,
  tlsOptions,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import {
  certificates,
  closed,
  eventually,
  nextMessage,
  rawOpen,
  type Sink,
  sink,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import { ask } from '../client.js'
import { balancerOver, far as tcpUpstream } from '../tcp/front.js'

const apiOver = (options: Partial<AdminApiOptions>): Handler =>
  adminApi({ authorize: () => 'ada', events: new EventHub(), ...options })

/** Something that is served, at a port of its own. */
async function served(subject: Gateway | Handler) {
  const listener = toNode(subject)
  const server = createServer(listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await listener.close({ graceMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Asks as an operator's tool does: `POST /bans`. */
async function tell(port: number, line: string, body?: object) {
  const [method = '', path = ''] = line.split(' ')
  const headers = { 'x-edgewise-admin': '1', 'content-type': 'application/json' }
  const answer = await ask(port, path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, json: JSON.parse(answer.body) }
}

/** A gateway over these endpoints with an admin API beside them, and another one at a port of its own. */
async function edge(endpoints: PoolOptions['endpoints'], options: Partial<PoolOptions> = {}) {
  const events = new EventHub()
  const pool = createPool({ name: 'users', endpoints, events, ...options })
  const gateway = createGateway({
    events,
    routes: [
      { path: '/admin/**', handler: apiOver({ pools: [pool] }) },
      { path: '/**', handler: forward({ pool }) },
    ],
  })
  const front = await served(gateway)
  const admin = await served(apiOver({ pools: [pool], gateways: gateway }))
  return {
    ...{ pool, gateway, port: front.port, adminPort: admin.port },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await admin[Symbol.asyncDispose]()
      await pool.close()
    },
  }
}

/** An upstream that answers when told. */
async function held(): Promise<Sink & { open(): void }> {
  const gate = Promise.withResolvers<void>()
  const far = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone'])
  return Object.assign(far, { open: () => gate.resolve() })
}

const drain = (endpoint: string, more: object = {}): object => ({ pool: 'users', endpoint, action: 'drain', ...more })

describe('the admin API', () => {
  it('H-197 answers on a gateway all whose places and queue are taken, and tells how much waits', async () => {
    await using far = await sink(['stall'], { keep: 0 })
    const queue = { limit: 200, timeoutMs: 60_000 }
    await using front = await edge([far.url], { maxConnections: 4, queue })
    const abort = new AbortController()
    const stuck = Array.from({ length: 204 }, () => ask(front.port, '/', { signal: abort.signal }).catch(() => 'left'))
    await eventually(() => front.pool.queued === 200)
    expect((await ask(front.port)).status).toBe(503)
    const { json } = await tell(front.port, 'GET /admin/pools')
    expect(json.items[0]).toMatchObject({ name: 'users', queued: 200 })
    const weighed = await tell(front.port, `PUT /admin/pools/users/endpoints/${far.url}/weight`, { weight: 2 })
    expect(weighed.json.endpoint).toMatchObject({ weight: 2, inFlight: 4 })
    expect((await tell(front.adminPort, 'GET /gateways')).json.gateways[0].requests).toBe(204)
    abort.abort()
    await Promise.all(stuck)
  })

  it('drains an endpoint without waiting for it, and tells when it is idle', async () => {
    await using slow = await held()
    await using other = await upstream(undefined, { name: 'other' })
    await using front = await edge([slow.url, other.url])
    front.pool.setWeight(other.url, 0)
    const under = ask(front.port)
    await slow.waitForRequests(1)
    front.pool.setWeight(other.url, 1)
    const drained = await tell(front.adminPort, 'POST /actions', drain(slow.url))
    expect(drained.json).toMatchObject({ pool: 'users', endpoint: { state: 'drain', inFlight: 1 } })
    const later = await Promise.all(Array.from({ length: 4 }, () => ask(front.port)))
    expect(later.map(({ headers }) => headers['x-upstream'])).toEqual(Array(4).fill('other'))
    slow.open()
    expect((await under).body).toBe('done')
    const look = await tell(front.adminPort, `GET /pools/users/endpoints/${slow.url}`)
    expect(look.json.endpoint).toMatchObject({ state: 'drain', inFlight: 0 })
  })

  it('ends at the deadline of a drain, or of a removal, what is still under way', async () => {
    await using far = await sink(['stall'], { keep: 0 })
    await using front = await edge([
      { url: far.url, name: 'a' },
      { url: far.url, name: 'b' },
    ])
    const under = [ask(front.port), ask(front.port)]
    await far.waitForRequests(2)
    await tell(front.adminPort, 'POST /actions', drain('a', { deadlineMs: 1 }))
    await tell(front.adminPort, 'DELETE /pools/users/endpoints/b?deadlineMs=1')
    expect((await Promise.all(under)).map(({ status }) => status)).toEqual([503, 503])
    expect(front.pool.endpoints.map(({ name }) => name)).toEqual(['a'])
  })

  it('tells the WebSockets of a drained endpoint to go, or lets them be', async () => {
    await using far = await wsEcho()
    const url = far.url.replace('ws', 'http')
    await using front = await edge([
      { url, name: 'a' },
      { url, name: 'b' },
    ])
    const sockets = [await wsConnect(`ws://127.0.0.1:${front.port}/`), await wsConnect(`ws://127.0.0.1:${front.port}/`)]
    await tell(front.adminPort, 'POST /pools/users/endpoints/a/drain', { keepTunnels: true })
    await tell(front.adminPort, 'POST /pools/users/endpoints/b/drain')
    const [kept, told] = front.pool.endpoints.map(({ name }) => sockets[name === 'a' ? 0 : 1]!)
    expect((await closed(told!)).code).toBe(1001)
    kept!.send('still here')
    expect(await nextMessage(kept!)).toBe('still here')
    kept!.terminate()
  })

  it('shows a gateway that drains from another port, and is refused on that gateway like everything new', async () => {
    await using far = await held()
    await using front = await edge([far.url])
    const under = ask(front.port)
    await far.waitForRequests(1)
    const closing = front.gateway.close({ graceMs: 10_000 })
    expect((await tell(front.adminPort, 'GET /gateways')).json.gateways).toMatchObject([
      { draining: true, requests: 1 },
    ])
    expect((await ask(front.port, '/admin/pools')).status).toBe(503)
    expect((await tell(front.adminPort, 'POST /actions', drain(far.url))).status).toBe(200)
    far.open()
    expect((await under).status).toBe(200)
    await closing
  })

  it('acts on a layer 4 pool as on any other', async () => {
    await using one = await tcpUpstream()
    await using two = await tcpUpstream()
    await using front = await balancerOver([one.url, two.url])
    await using admin = await served(apiOver({ pools: [front.pool] }))
    await using early = await rawOpen(front.port)
    await eventually(() => front.pool.endpoints[0]!.inFlight === 1)
    const drained = await tell(admin.port, `POST /pools/far/endpoints/${one.url}/drain`)
    expect(drained.json.endpoint).toMatchObject({ name: one.url, state: 'drain', inFlight: 1 })
    for (const _ of [1, 2, 3]) {
      await using connection = await rawOpen(front.port)
      await connection.write('hello')
      await connection.waitFor('hello')
    }
    expect([one.sockets.length, two.sockets.length]).toEqual([1, 3])
    await early.write('still here')
    await early.waitFor('still here')
  })

  it('reads certificates again, and says so when they are no good', async () => {
    const [first, second] = [certificates({ names: ['a.example'] }), certificates({ names: ['b.example'] })]
    const folder = await mkdtemp(join(tmpdir(), 'edgewise-admin-'))
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    await writeFile(certFile, first.cert)
    await writeFile(keyFile, first.key)
    const tls = tlsOptions({ certificates: [{ certFile, keyFile }], events: new EventHub() })
    await using admin = await served(apiOver({ certificates: tls }))
    expect((await tell(admin.port, 'POST /certificates/reload')).status).toBe(200)
    await writeFile(certFile, second.cert.slice(0, 200))
    expect(await tell(admin.port, 'POST /certificates/reload')).toMatchObject({
      status: 422,
      json: { detail: expect.stringContaining('the old certificates stay') },
    })
    await writeFile(certFile, second.cert)
    await writeFile(keyFile, second.key)
    expect((await tell(admin.port, 'POST /certificates/reload')).status).toBe(200)
    tls.close()
    await rm(folder, { recursive: true })
  })
})
