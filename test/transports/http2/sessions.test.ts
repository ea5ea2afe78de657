import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { http2 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { goAwayFrame, headFrames, MAX_CONCURRENT_STREAMS, replyFrames, settingsFrame } from '../../support/h2-frames.js'
import { h2Error, h2Frame } from '../../support/h2-raw.js'
import { eventually, rawOpen, sink } from '../../support/index.js'
import { ask, expectFailure, GET, gatewayOver, get, steady } from '../gateway-over.js'
import { h2Over } from './over.js'

const many = (port: number, count: number) => Array.from({ length: count }, (_, nth) => ask(port, get(`/${nth}`)))
const answered = (stream: number) => [replyFrames(stream)]
const never = () => []

describe('connections of HTTP/2 to an endpoint', () => {
  it('one carries many requests at once; what comes while it is opened waits for it', async () => {
    await using gateway = await h2Over((_stream, nth, connection) =>
      nth < 29 ? [] : connection.streams.map((stream) => replyFrames(stream)),
    )
    const replies = await Promise.all(many(gateway.port, 30))
    expect(replies.map(({ status }) => status)).toEqual(Array(30).fill(200))
    expect(gateway.far.connections).toHaveLength(1)
    const reused = gateway.outcomes.flatMap(({ attempts }) => attempts.map((each) => each.reusedConnection))
    expect(reused.filter((each) => !each)).toHaveLength(1)
  })

  it("no more streams are opened than the upstream's SETTINGS allow: further connections are, up to maxSessions, then requests wait", async () => {
    let open = 0
    let most = 0
    const waiting: (() => void)[] = []
    await using gateway = await h2Over(
      (stream, _nth, connection) => {
        most = Math.max(most, ++open)
        waiting.push(() => {
          open -= 1
          connection.send(replyFrames(stream))
        })
        return []
      },
      { http2: { maxSessions: 2 }, sink: { settings: { [MAX_CONCURRENT_STREAMS]: 3 } } },
    )
    const asked = many(gateway.port, 20)
    await gateway.far.waitForRequests(6)
    for (let answer = 0; answer < 20; answer += 1) {
      await eventually(() => waiting.length > 0)
      waiting.shift()!()
    }
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect([most, gateway.far.connections.length]).toEqual([6, 2])
  })

  it('maxConcurrentStreams limits what the upstream would allow', async () => {
    await using gateway = await h2Over((stream, nth) => (nth < 2 ? [] : answered(stream)), {
      http2: { maxConcurrentStreams: 1 },
      forward: { firstByteTimeoutMs: 500 },
    })
    await Promise.all(many(gateway.port, 3))
    expect(gateway.far.connections.map(({ streams }) => streams.length)).toEqual([1, 1, 1])
  })

  it('a limit that is lowered to nothing is obeyed, and one that is raised lets go on who waits', async () => {
    await using gateway = await h2Over(answered, {
      http2: { maxSessions: 1 },
      sink: { settings: { [MAX_CONCURRENT_STREAMS]: 0 } },
    })
    const asked = ask(gateway.port)
    await eventually(() => gateway.far.connections.length === 1)
    await eventually(() =>
      gateway.far.connections[0]!.frames.some(({ type, flags }) => type === h2Frame.settings && flags === 1),
    )
    expect(gateway.far.requests).toBe(0)
    gateway.far.connections[0]!.send(settingsFrame({ [MAX_CONCURRENT_STREAMS]: 10 }))
    expect((await asked).status).toBe(200)
  })

  it('H-098 one that never grants a stream is a connect timeout: nothing has left, so that another endpoint may be asked', async () => {
    await using gateway = await h2Over(never, {
      http2: { maxSessions: 1 },
      sink: { settings: { [MAX_CONCURRENT_STREAMS]: 0 } },
      forward: { connectTimeoutMs: 60 },
      pool: steady,
    })
    expectFailure(await ask(gateway.port), 504, 'ERR_EDGE_CONNECT_TIMEOUT')
    expect(gateway.far.requests).toBe(0)
  })

  it('H-098 an upstream that accepts and says nothing is a connect timeout, and its socket is closed', async () => {
    await using gateway = await h2Over(never, { sink: { settings: null }, forward: { connectTimeoutMs: 60 } })
    expectFailure(await ask(gateway.port), 504, 'ERR_EDGE_CONNECT_TIMEOUT')
    await gateway.far.connections[0]!.gone
  })

  it('H-091 a client that leaves while a connection is opened ends that too', async () => {
    await using gateway = await h2Over(never, { sink: { settings: null } })
    await using client = await rawOpen(gateway.port)
    await client.write(GET)
    await eventually(() => gateway.far.connections.length === 1)
    client.destroy()
    await gateway.far.connections[0]!.gone
    await gateway.idle()
  })

  it.each([
    ['HTTP/1.1', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n                  '],
  ])(
    'H-097 an upstream that speaks %s instead is a 502 like one that is not there: nothing has left',
    async (_, banner) => {
      await using far = await sink([], { greet: [banner] })
      await using gateway = await gatewayOver(http2(), far.url, { pool: steady })
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_CONNECT')
      await far.connections[0]!.gone
    },
  )

  it('H-099 past its age a connection takes no further request, and ends when those it carries have', async () => {
    let finish = (): void => {}
    await using gateway = await h2Over(
      (stream, nth, connection) => {
        if (nth > 0) return answered(stream)
        finish = () => connection.send(replyFrames(stream, 'long'))
        return []
      },
      { http2: { maxConnectionAgeMs: 50 } },
    )
    const long = ask(gateway.port)
    await gateway.far.waitForRequests(1)
    await eventually(async () => {
      await ask(gateway.port)
      return gateway.far.connections.length > 1
    })
    expect(gateway.far.connections[0]!.socket.destroyed).toBe(false)
    finish()
    expect((await long).body.toString()).toBe('long')
    await gateway.far.connections[0]!.gone
  })

  it('H-100 an idle connection is closed after keepAliveMs, with a GOAWAY', async () => {
    await using gateway = await h2Over(answered, { http2: { keepAliveMs: 60 } })
    await ask(gateway.port)
    const [connection] = gateway.far.connections
    await connection!.gone
    expect(connection!.frames.at(-1)?.type).toBe(h2Frame.goAway)
  })

  it('keepAliveMs is about idle time: requests that come in time keep the connection', async () => {
    await using gateway = await h2Over(answered, { http2: { keepAliveMs: 200 } })
    const since = performance.now()
    while (performance.now() - since < 500) await ask(gateway.port)
    expect(gateway.far.connections).toHaveLength(1)
  })

  it('a pool that closes ends idle connections at once, and busy ones with their last stream', async () => {
    let finish = (): void => {}
    await using gateway = await h2Over((stream, _nth, connection) => {
      finish = () => connection.send(replyFrames(stream))
      return []
    })
    const asked = ask(gateway.port)
    await gateway.far.waitForRequests(1)
    const closed = gateway.pool.close()
    finish()
    expect((await asked).status).toBe(200)
    await closed
    await gateway.far.connections[0]!.gone
  })

  describe('PING', () => {
    it('a connection that carries requests is asked whether anybody is there; without an answer it is given up', async () => {
      await using gateway = await h2Over((stream, nth) => (nth === 0 ? [] : answered(stream)), {
        http2: { pingIntervalMs: 30, pingTimeoutMs: 30 },
        sink: { pong: false },
      })
      expect((await ask(gateway.port)).status).toBe(200)
      expect(gateway.far.connections).toHaveLength(2)
      await gateway.far.connections[0]!.gone
    })

    it('an idle one is left alone, and one that answers is kept', async () => {
      await using gateway = await h2Over(
        (stream, _nth, connection) => [
          () => eventually(() => connection.frames.filter(({ type }) => type === h2Frame.ping).length >= 3),
          replyFrames(stream),
        ],
        { http2: { pingIntervalMs: 20, pingTimeoutMs: 1_000 } },
      )
      expect((await ask(gateway.port)).status).toBe(200)
      const pings = () => gateway.far.connections[0]!.frames.filter(({ type }) => type === h2Frame.ping).length
      await gateway.idle()
      const before = pings()
      await new Promise((resolve) => setTimeout(resolve, 80))
      expect(pings() - before).toBeLessThanOrEqual(1)
      expect(gateway.far.connections).toHaveLength(1)
    })

    it('H-098 after a request without an answer in time, further ones go elsewhere until the connection proves itself', async () => {
      await using gateway = await h2Over(
        (stream, _nth, connection) => (connection.index === 0 ? [] : answered(stream)),
        { sink: { pong: false }, forward: { firstByteTimeoutMs: 60 }, http2: { pingTimeoutMs: 200 }, pool: steady },
      )
      expectFailure(await ask(gateway.port), 504, 'ERR_EDGE_FIRST_BYTE_TIMEOUT')
      expect((await ask(gateway.port)).status).toBe(200)
      await gateway.far.connections[0]!.gone
    })
  })

  it('H-118 a stream that is left unread is reset, not kept: 300 of them leave none behind', async () => {
    await using gateway = await h2Over((stream) => [headFrames(stream, 200, [['content-length', '100000']])], {
      sink: { settings: { [MAX_CONCURRENT_STREAMS]: 10 } },
      http2: { maxSessions: 1 },
    })
    for (let nth = 0; nth < 300; nth += 1) {
      await using client = await rawOpen(gateway.port)
      await client.write(GET)
      await client.waitFor('200 OK')
    }
    const [connection] = gateway.far.connections
    await eventually(() => connection!.frames.filter(({ type }) => type === h2Frame.resetStream).length === 300)
    expect(connection!.resetOf(1)).toBe(h2Error.cancel)
    expect(gateway.far.connections).toHaveLength(1)
  })

  it('H-118 a connection that was told to go away is closed with its last stream, even if its upstream never closes it', async () => {
    await using gateway = await h2Over((stream) => [goAwayFrame(stream, h2Error.none), replyFrames(stream)], {
      sink: { halfOpen: true },
    })
    await ask(gateway.port)
    const [connection] = gateway.far.connections
    // Whoever has closed it answers further bytes by a reset.
    await eventually(() => {
      connection!.send(settingsFrame())
      return connection!.socket.destroyed
    })
  })

  it("H-200 unix sockets: the client's Host as authority, the prefix in front of the path", async () => {
    const socketPath = join(tmpdir(), `edgewise-${process.pid}-h2.sock`)
    await using gateway = await h2Over(answered, { sink: { socketPath } })
    expect((await ask(gateway.port)).status).toBe(200)
  })
})
