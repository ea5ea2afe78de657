import { createHash } from 'node:crypto'
import { leastConnections } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  eventually,
  faultyUpstream,
  type Sink,
  type SinkRequest,
  type SinkStep,
  sink,
  upstream,
} from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { wsConnect, wsEcho } from '../support/websocket.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'

/** The 101 that proves a handshake (RFC 6455 §4.2.2). */
function accept(request: SinkRequest): string {
  const key = request.header('sec-websocket-key')
  const proof = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`
}

function script(_connection: unknown, _index: number, request: SinkRequest): readonly SinkStep[] {
  switch (request.target.slice(0, 4)) {
    case '/yes':
      return ['waitBody', OK]
    case '/rst':
      return ['reset']
    case '/cut':
      return ['waitBody', HALF, 'end']
    case '/hlf':
      return ['waitBody', HALF, 'stall']
    case '/ws':
      return [accept(request), 'stall']
    case '/bad':
      return ['SSH-2.0-OpenSSH\r\n']
    default:
      return ['stall']
  }
}

type End = (port: number) => Promise<unknown>

/** Opens a request, waits for what the client can see, and leaves. */
async function leave(
  port: number,
  path: string,
  how: 'end' | 'rst',
  sees: string | null,
  sinks: readonly Sink[],
): Promise<void> {
  await using client = await rawOpen(port)
  const mark = `${path}?${Math.random()}`
  await client.write(`GET ${mark} HTTP/1.1\r\nHost: a\r\n\r\n`)
  if (sees === null)
    await eventually(() => sinks.some(({ requests }) => requests.some(({ target }) => target === mark)))
  else await client.waitFor(sees)
  if (how === 'rst') client.reset()
}

/** Opens a WebSocket, and lets it go again. @throws UpgradeDenied */
async function upgrade(port: number, path: string): Promise<void> {
  const socket = await wsConnect(`ws://127.0.0.1:${port}${path}`)
  socket.terminate()
}

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {})

function ends(...sinks: readonly Sink[]): Record<string, End> {
  return {
    'a whole reply': (port) => ask(port, '/yes'),
    'a HEAD': (port) => ask(port, '/yes', { method: 'HEAD' }),
    'a POST': (port) => ask(port, '/yes', { method: 'POST', body: 'x'.repeat(1_000) }),
    'a reset before the reply': (port) => ask(port, '/rst'),
    'a reset of a POST': (port) => quietly(ask(port, '/rst', { method: 'POST', body: 'x' })),
    'a reply cut short': (port) => quietly(ask(port, '/cut')),
    'no HTTP': (port) => ask(port, '/bad'),
    'a client that leaves before the reply': (port) => leave(port, '/stl', 'end', null, sinks),
    'a client that resets in the middle': (port) => leave(port, '/hlf', 'rst', 'half', sinks),
    'a client that leaves in the middle': (port) => leave(port, '/hlf', 'end', 'half', sinks),
    'an upgrade': (port) => upgrade(port, '/ws'),
    'an upgrade that is denied': (port) => quietly(upgrade(port, '/yes')),
    'an upgrade that is cut': (port) => quietly(upgrade(port, '/rst')),
  }
}

describe.each(transports)('counters of requests in flight over %s', (_name, make) => {
  it('H-110 are 0 at rest and never below, whatever ends a request: any mix of ends at once', async () => {
    await using far = await sink(script)
    await using also = await sink(script)
    await using dead = await faultyUpstream('refuse')
    const all = ends(far, also)
    await using front = await gatewayOver(make(), [far.url, also.url, dead.url], {
      pool: { balancer: leastConnections(), health: { passive: false } },
    })
    let lowest = 0
    front.hub.on('attempt', () => {
      lowest = Math.min(lowest, ...front.pool.endpoints.map(({ inFlight }) => inFlight))
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(all)), { minLength: 1, maxLength: 12 }),
        async (names) => {
          await Promise.all(names.map((name) => quietly(all[name]!(front.port))))
          await front.atRest()
        },
      ),
      { numRuns: 25, endOnFailure: true },
    )
    expect(lowest).toBe(0)
    expect(front.attempts.length).toBe(front.pool.endpoints.reduce((sum, { attempts }) => sum + attempts, 0))
  }, 60_000)

  it.each(Object.keys(ends()))('H-110 come back to 0 after %s', async (name) => {
    await using far = await sink(script)
    await using front = await gatewayOver(make(), [far.url], { pool: { balancer: leastConnections() } })
    await ends(far)[name]!(front.port)
    await front.atRest()
    expect(front.attempts.length).toBe(front.endpoint(0).attempts)
    expect(front.outcomes).toHaveLength(1)
  })

  it('H-110 count a WebSocket for as long as it is open', async () => {
    await using echo = await wsEcho()
    await using front = await gatewayOver(make(), [echo.url.replace('ws:', 'http:')])
    const socket = await wsConnect(`ws://127.0.0.1:${front.port}/`)
    expect(front.endpoint(0).inFlight).toBe(1)
    socket.close()
    await front.atRest()
  })

  it('H-110 count a reply until its last byte has come, not until its head', async () => {
    const hold = Promise.withResolvers<void>()
    await using far = await sink(['waitBody', HALF, () => hold.promise, 'x'.repeat(96)])
    await using front = await gatewayOver(make(), [far.url])
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1 && far.requests.length === 1)
    hold.resolve()
    expect((await asked).body).toHaveLength(100)
    await front.atRest()
  })
})

describe.each(transports)('bytes of bodies over %s', (_name, make) => {
  it('count both ways: of the attempts, and of the endpoint, which leastBytes() goes by', async () => {
    await using far = await upstream(async (req, res) => {
      for await (const _ of req);
      res.end('x'.repeat(1_000))
    })
    await using front = await gatewayOver(make(), [far.url])
    const sizes = [0, 10, 500_000]
    for (const size of sizes) await ask(front.port, '/', { method: 'PUT', body: 'y'.repeat(size) })
    await front.atRest()
    expect(front.attempts.map(({ bytes }) => bytes)).toEqual(sizes.map((size) => ({ in: 1_000, out: size })))
    expect(front.endpoint(0).bytes).toEqual({ in: 3_000, out: 500_010 })
  })

  it('count for the attempt that carried them: none for one that never connected', async () => {
    await using far = await upstream(async (req, res) => {
      for await (const _ of req);
      res.end('ok')
    })
    await using dead = await faultyUpstream('refuse')
    await using front = await gatewayOver(make(), [dead.url, far.url])
    expect((await ask(front.port, '/', { method: 'PUT', body: 'y'.repeat(100) })).status).toBe(200)
    await front.atRest()
    expect(front.attempts.map(({ bytes }) => bytes)).toEqual([
      { in: 0, out: 0 },
      { in: 2, out: 100 },
    ])
  })
})
