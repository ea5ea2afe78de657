import { once } from 'node:events'
import http from 'node:http'
import {
  createPool,
  type EdgeEvents,
  EventHub,
  forward,
  type Handler,
  http1,
  type MirrorComparison,
  type MirrorOptions,
  mirror,
  reply,
} from 'edgewise'
import { afterEach, describe, expect, it } from 'vitest'
import { blackhole, drained, eventually, flat, sink, upstream } from '../../support/index.js'
import { ask, load } from '../client.js'
import { type Front, gatewayOver } from '../front.js'

const MIB = 1024 * 1024

interface Mirrored {
  readonly front: Front
  readonly port: number
  readonly told: readonly EdgeEvents['mirror'][]
}

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

/** A gateway that forwards to one address and copies to a handler. */
async function mirrored(main: string | Handler, to: Handler, options: Partial<MirrorOptions> = {}): Promise<Mirrored> {
  const events = new EventHub()
  const told: EdgeEvents['mirror'][] = []
  events.on('mirror', (event) => told.push(event))
  const handler = typeof main === 'string' ? forward(main) : main
  const filters = [mirror({ to, events, ...options })]
  const front = await gatewayOver(http1(), ['http://127.0.0.1:1'], {
    gateway: { routes: [{ path: '/**', filters, handler }] },
  })
  open.push(front)
  return { front, port: front.port, told }
}

/** Sends a body of so many bytes and gives the status. */
async function upload(port: number, size: number): Promise<number> {
  const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/up', agent: false })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let sent = 0; sent < size; sent += chunk.length)
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered])
  request.end()
  const [response] = await answered
  response.resume()
  await once(response, 'end')
  return response.statusCode ?? 0
}

/** An upstream that reads a body to its end and says how long it was. */
const counter = (): ReturnType<typeof upstream> =>
  upstream(async (req, res) => {
    let size = 0
    for await (const chunk of req) size += (chunk as Buffer).length
    res.end(String(size))
  })

describe('mirror', () => {
  it('copies method, path, fields and body, and gives the client the main reply', async () => {
    await using main = await upstream(undefined, { name: 'main' })
    await using shadow = await upstream(undefined, { name: 'shadow' })
    const { port } = await mirrored(main.url, forward(shadow.url))
    const answer = await ask(port, '/a?b=1', { method: 'POST', body: 'hello', headers: { 'x-a': '1' } })
    expect(answer.headers['x-upstream']).toBe('main')
    await eventually(() => shadow.requests[0]?.outcome === 'done')
    const [copy] = shadow.requests
    expect([copy!.method, copy!.url, copy!.headers['x-a'], copy!.headers['content-length']]).toEqual([
      'POST',
      '/a?b=1',
      '1',
      '5',
    ])
  })

  it('H-120 a copy that goes nowhere, hangs, breaks off or throws does not touch the main reply', async () => {
    await using main = await upstream((_req, res) => res.end('main'))
    await using hole = await blackhole()
    await using silent = await sink(['stall'])
    await using breaking = await upstream((_req, res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('x')
      setImmediate(() => res.destroy())
    })
    const shadows: readonly Handler[] = [
      forward('http://127.0.0.1:1'),
      forward(`http://127.0.0.1:${hole.port}`),
      forward(silent.url),
      forward(breaking.url),
      () => Promise.reject(new Error('mine')),
      () => {
        throw new Error('mine, at once')
      },
      async () => undefined as never,
    ]
    for (const to of shadows) {
      const { port, front } = await mirrored(main.url, to, { timeoutMs: 200 })
      const began = performance.now()
      const answer = await ask(port, '/', { method: 'POST', body: 'x'.repeat(1000) })
      expect([answer.status, answer.body]).toEqual([200, 'main'])
      expect(performance.now() - began).toBeLessThan(150)
      await front.atRest()
    }
  })

  it('H-120 a copy that does not read holds nobody back, and no more of the body than it may lag', async () => {
    await using main = await counter()
    await using stuck = await sink(['stall'], { paused: true })
    const { port, told } = await mirrored(main.url, forward(stuck.url), { maxLagBytes: MIB })
    const { value } = await flat(() => upload(port, 128 * MIB))
    expect(value).toBe(200)
    await eventually(() => told.length > 0, { timeoutMs: 5_000 })
    expect(told[0]!.status).toBeNull()
  })

  it('H-120 a copy outlives a client that leaves, once its body was there', async () => {
    const asked = Promise.withResolvers<void>()
    const { port } = await mirrored(
      () => new Promise(() => {}),
      async () => {
        asked.resolve()
        return reply(200)
      },
      {},
    )
    const leaving = new AbortController()
    const gone = ask(port, '/', { signal: leaving.signal }).catch((error: Error) => error.name)
    await asked.promise
    leaving.abort()
    expect(await gone).toBe('AbortError')
  })

  it('copies a share, those it is asked to, and no upgrades', async () => {
    let copies = 0
    const to: Handler = async () => {
      copies++
      return reply(200)
    }
    let at = 0
    const main: Handler = async () => reply(200)
    const { port } = await mirrored(main, to, { percent: 25, random: () => (at++ % 4) / 4 })
    await load(port, 100)
    expect(copies).toBe(25)
    const { port: other } = await mirrored(main, to, { when: ({ target }) => target.path === '/a' })
    await ask(other, '/a')
    await ask(other, '/b')
    expect(copies).toBe(26)
    const upgrade = http.request({
      host: '127.0.0.1',
      port: other,
      path: '/a',
      headers: { connection: 'upgrade', upgrade: 'websocket' },
    })
    upgrade.end()
    await once(upgrade, 'response').then(([response]) => (response as http.IncomingMessage).resume())
    expect(copies).toBe(26)
  })

  it('makes no more copies at once than it may, and tells of those left out', async () => {
    const gate = Promise.withResolvers<void>()
    const { port, told } = await mirrored(
      async () => reply(200),
      async () => {
        await gate.promise
        return reply(200)
      },
      { maxInFlight: 3 },
    )
    await load(port, 10, { concurrency: 1 })
    expect(told.filter(({ why }) => why === 'too many copies under way')).toHaveLength(7)
    gate.resolve()
    await eventually(() => told.filter(({ why }) => why === 'answered').length === 3)
  })

  it('shows both answers to whoever compares; what that throws is a fault', async () => {
    const seen: MirrorComparison[] = []
    const faults: unknown[] = []
    await using shadow = await upstream((_req, res) => res.writeHead(404, { 'x-v': '2' }).end('y'.repeat(100)))
    const events = new EventHub()
    events.on('fault', ({ error }) => faults.push(error))
    const { port } = await mirrored(async () => reply(200, 'main'), forward(shadow.url), {
      events,
      maxCompareBytes: 50,
      compare: (comparison) => {
        seen.push(comparison)
        throw new Error('in compare')
      },
    })
    expect((await ask(port)).body).toBe('main')
    await eventually(() => seen.length === 1)
    const [{ main, mirrored: copy }] = seen as [MirrorComparison]
    expect([main.status, Buffer.from(main.body!).toString(), copy.status, copy.body, copy.headers['x-v']]).toEqual([
      200,
      'main',
      404,
      null,
      '2',
    ])
    expect(faults).toHaveLength(1)
    const failing = await mirrored(async () => reply(200, 'main'), forward('http://127.0.0.1:1'), {
      compare: (comparison) => seen.push(comparison),
    })
    await ask(failing.port)
    await eventually(() => seen.length === 2)
    expect([seen[1]!.mirrored.status, (seen[1]!.mirrored.error as { code?: string }).code]).toEqual([
      null,
      'ERR_EDGE_CONNECT',
    ])
  })

  it('H-110 leaves nothing behind: leases, sockets, timers', async () => {
    await using main = await upstream((_req, res) => res.end('main'), { record: false })
    await using shadow = await upstream(
      (req, res) => {
        const what = Number(req.url!.slice(1)) % 4
        if (what === 0) res.destroy()
        else if (what === 1) res.end('x'.repeat(100_000))
        // The third of four never answers.
        else if (what === 3) res.end()
      },
      { record: false },
    )
    const rest = drained()
    const pool = createPool({ name: 'shadow', endpoints: [shadow.url] })
    const { front, port } = await mirrored(main.url, forward({ pool }), { timeoutMs: 100 })
    for (let at = 0; at < 400; at += 20)
      await Promise.all(Array.from({ length: 20 }, (_, more) => ask(port, `/${at + more}`)))
    await eventually(() => pool.endpoints.every((endpoint) => endpoint.inFlight === 0), { timeoutMs: 5_000 })
    await front.gateway.close()
    await pool.close()
    await front[Symbol.asyncDispose]()
    open.pop()
    await main.stop()
    await shadow.stop()
    await rest()
  })

  it('gives copies up when the gateway closes', async () => {
    const cut = Promise.withResolvers<Error>()
    const { front, port } = await mirrored(
      async () => reply(200),
      (exchange) =>
        new Promise((_, reject) =>
          exchange.cancel.add((reason) => {
            cut.resolve(reason)
            reject(reason)
          }),
        ),
    )
    await ask(port)
    await front.gateway.close()
    expect(await cut.promise).toMatchObject({ code: 'ERR_EDGE_CLOSING' })
  })
})
