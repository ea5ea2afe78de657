import { createServer } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool, type Filter, http1, StreamBody } from 'edgewise'
import { testExchange } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'
import { ForwardAttempt } from '../../../src/forwarding/transport.js'
import {
  certificates,
  child,
  drained,
  eventually,
  pseudoRandom,
  rawOpen,
  sha256,
  sink,
  sourceLoader,
  upstream,
} from '../../support/index.js'
import { ask, GET, gatewayOver, get, ok, post, steady } from '../../transports/gateway-over.js'
import { download, hashes, MIB, over, sends, sumOf, upload } from './kept.js'

/** Waits for what should happen now, not after the four seconds of an idle connection. */
async function soon(event: Promise<unknown>): Promise<void> {
  expect(await Promise.race([event, delay(2_000, 'late', { ref: false })])).not.toBe('late')
}

describe('RFC 9112 §9.3 whether a connection is kept', () => {
  const reply = (fields: string, version = '1.1') =>
    `HTTP/${version} 200 OK\r\nContent-Length: 2\r\n${fields === '' ? '' : `${fields}\r\n`}\r\nok`

  it.each([
    ['1.1', '', true],
    ['1.1', 'Connection: keep-alive', true],
    ['1.1', 'Connection: close', false],
    ['1.1', 'Connection: Close', false],
    ['1.1', 'Connection: CLOSE', false],
    ['1.1', 'Connection: keep-alive, close', false],
    ['1.1', 'Connection: X,close', false],
    ['1.1', 'Connection: close\t,\tX', false],
    ['1.1', 'Connection: X\r\nConnection: close', false],
    ['1.1', 'Connection: closed', true],
    ['1.1', 'Connection: x-close', true],
    ['1.0', '', false],
    ['1.0', 'Connection: keep-alive', true],
    ['1.0', 'Connection: Keep-Alive', true],
    ['1.0', 'Connection: keep-alive, close', false],
    ['1.0', 'Keep-Alive: timeout=5', false],
    ['1.1', 'Keep-Alive: timeout=0', false],
    ['1.1', 'Keep-Alive: timeout=1', false],
    ['1.1', 'Keep-Alive: timeout=2', true],
    ['1.1', 'Keep-Alive: max=7, timeout=0', false],
    ['1.1', 'Keep-Alive: timeout=abc', true],
    ['1.1', 'Keep-Alive: ,', true],
    ['1.1', 'Keep-Alive: timeout="1"', false],
  ])('H-100 of HTTP/%s with "%s": %s', async (version, fields, kept) => {
    await using far = await sink(['waitBody', reply(fields, version)])
    await using gateway = await gatewayOver(http1(), far.url)
    for (let nth = 0; nth < 3; nth += 1) expect((await ask(gateway.port)).status).toBe(200)
    expect(far.connections).toHaveLength(kept ? 1 : 3)
    if (!kept) await soon(Promise.all(far.connections.map(({ gone }) => gone)))
  })

  it('none whose reply only its end ends', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nok', 'end'])
    await using gateway = await gatewayOver(http1(), far.url)
    for (let nth = 0; nth < 3; nth += 1) expect((await ask(gateway.port)).body.toString()).toBe('ok')
    expect(far.connections).toHaveLength(3)
  })
})

describe('an idle connection', () => {
  it('H-100 is closed soon after its time, though nobody asks again', async () => {
    await using far = await sink()
    await using gateway = await gatewayOver(http1({ keepAliveMs: 50 }), far.url)
    await Promise.all(Array.from({ length: 4 }, () => ask(gateway.port)))
    await soon(Promise.all(far.connections.map(({ gone }) => gone)))
    expect(far.connections.map(({ closed }) => closed)).toEqual(far.connections.map(() => 'end'))
  })

  it('H-100 is closed before its upstream does, though others may be idle for longer', async () => {
    const fields = (target: string) => (target === '/short' ? 'Keep-Alive: timeout=2\r\n' : '')
    const both = Promise.withResolvers<void>()
    await using far = await sink((_connection, _nth, { target }) => [
      'waitBody',
      () => both.promise,
      ok('ok', fields(target)),
    ])
    await using gateway = await gatewayOver(http1({ keepAliveMs: 60_000 }), far.url)
    const asked = [ask(gateway.port, get('/long')), ask(gateway.port, get('/short'))]
    await far.waitForRequests(2)
    both.resolve()
    await Promise.all(asked)
    const short = far.requests.find(({ target }) => target === '/short')!.connection
    await soon(short.gone)
    expect(far.openConnections()).toBe(1)
  })

  it('H-100 takes no request when its time is over and nobody has come to close it', async () => {
    await using far = await sink()
    await using pool = createPool({ name: 'far', endpoints: [far.url] })
    const transport = http1({ keepAliveMs: 30 })
    const carry = async (): Promise<void> => {
      const timeouts = { connectMs: 0, firstByteMs: 0, idleMs: 0 }
      const { body } = await transport(
        testExchange('/x'),
        new ForwardAttempt(testExchange('/x'), pool.endpoints[0]!, timeouts, false),
      )
      await new Promise<void>((resolve, reject) =>
        (body as StreamBody).attach({ write: () => true, end: resolve, fail: reject }),
      )
    }
    await carry()
    await carry()
    expect(far.connections).toHaveLength(1)
    // No timer gets a turn meanwhile.
    for (const since = performance.now(); performance.now() - since < 40; );
    await carry()
    expect(far.connections).toHaveLength(2)
  })

  it('H-099 takes no request when it is too old', async () => {
    await using far = await sink()
    await using gateway = await gatewayOver(http1({ maxConnectionAgeMs: 1 }), far.url)
    for (let nth = 0; nth < 3; nth += 1) {
      await ask(gateway.port)
      await delay(2)
    }
    expect(far.connections).toHaveLength(3)
  })

  it('H-103 that is told something closes', async () => {
    await using far = await sink(['waitBody', ok()])
    await using gateway = await gatewayOver(http1(), far.url)
    await ask(gateway.port)
    await far.connections[0]!.write('H')
    await soon(far.connections[0]!.gone)
    expect((await ask(gateway.port)).status).toBe(200)
  })

  it('H-100 whose upstream leaves at just that moment costs no GET anything', async () => {
    let nth = 0
    await using far = await sink(() => ['waitBody', ok(), (nth++ % 5) / 4, 'end'])
    await using gateway = await gatewayOver(http1(), far.url, { pool: { retryBudget: { minPerSecond: 1_000 } } })
    await using client = await rawOpen(gateway.port)
    for (let at = 1; at <= 60; at += 1) {
      await client.write(GET)
      await client.waitFor((text) => text.split('HTTP/1.1 200').length === at + 1)
    }
    expect(client.text).not.toContain('HTTP/1.1 5')
  })

  it.each([
    ['its time', 200, []],
    ['it is there', 60_000, [50, 'end']],
  ])('H-116 holds no process for longer than %s', async (_, keepAliveMs, then) => {
    await using far = await sink(['waitBody', ok(), ...then])
    const code = `
      import { createPool, forward, http1 } from 'edgewise'
      import { ask } from 'edgewise/testing'
      const pool = createPool({ name: 'far', endpoints: [${JSON.stringify(far.url)}] })
      const asked = await ask(forward({ pool, transport: http1({ keepAliveMs: ${keepAliveMs} }) }), '/x')
      process.send({ text: await asked.text() })
    `
    await using app = await child({ code }, { imports: [sourceLoader] })
    const since = performance.now()
    expect([await app.exit, app.stderr, app.messages]).toEqual([{ code: 0, signal: null }, '', [{ text: 'ok' }]])
    expect(performance.now() - since).toBeLessThan(3_000)
  })
})

describe('a connection whose request is not all sent when its reply is whole', () => {
  it('H-003 H-021 is not used again, and the rest of the upload is let go', async () => {
    await using far = await sink([['HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n'], ['waitBody', ok()]])
    await using gateway = await gatewayOver(http1(), far.url)
    await using client = await rawOpen(gateway.port)
    await client.write(`PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${MIB}\r\n\r\npart`)
    await client.waitFor('HTTP/1.1 413')
    expect((await ask(gateway.port)).status).toBe(200)
    expect(far.requests.map(({ connection }) => connection.index)).toEqual([0, 1])
    await soon(far.connections[0]!.gone)
    await gateway.idle()
    expect((await gateway.settled()).error).toBe(null)
  })

  it('nor is one with a body that was there, but that its upstream did not read', async () => {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      sockets.push(socket)
      socket
        .on('error', () => {})
        .once('data', () => {
          socket.pause()
          socket.write(ok())
        })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const options = { forward: { retry: { bodyLimit: 64 * MIB }, firstByteTimeoutMs: 2_000 } }
    await using gateway = await gatewayOver(http1(), `http://127.0.0.1:${port}`, options)
    expect(await upload(gateway.port, 32 * MIB)).toBe('ok')
    expect((await ask(gateway.port)).status).toBe(200)
    expect(sockets).toHaveLength(2)
    for (const socket of sockets) socket.destroy()
    server.close()
  })
})

describe('a connection that was paused', () => {
  /** Takes each chunk with a pause behind it. */
  const halting: Filter = async (exchange, next) => {
    const answer = await next(exchange)
    if (answer.body.kind !== 'stream') return answer
    const from = answer.body
    const to: StreamBody = new StreamBody(
      {
        open: () =>
          from.attach({
            write(chunk) {
              to.push(chunk)
              setTimeout(() => from.resume(), 2)
              return false
            },
            end: () => to.end(),
            fail: (error) => to.fail(error),
          }),
        pause() {},
        resume() {},
        cancel: (reason) => from.cancel(reason),
      },
      from.length,
    )
    return { ...answer, body: to }
  }

  it.each([
    ['TCP', undefined, 40_000],
    ['TCP', undefined, 200_000],
    // TLS hands on what it has decrypted, told to stop or not: two or three records of one read.
    ['TLS', certificates(), 40_000],
    ['TLS', certificates(), 60_000],
    ['TLS', certificates(), 200_000],
  ])('over %s when its reply was whole reads the next one', async (_, tls, size) => {
    const options = { filters: [halting], forward: { firstByteTimeoutMs: 1_500 } }
    await using gateway = await over(sends(size), options, tls)
    for (let nth = 0; nth < 4; nth += 1) expect(await download(gateway.port)).toBe(await sumOf(size))
  })

  it('while head and body came in one packet hands all of it on', async () => {
    const body = 'b'.repeat(150_000)
    await using far = await sink(['waitBody', ok(body)])
    await using gateway = await gatewayOver(http1(), far.url, { filters: [halting] })
    for (let nth = 0; nth < 3; nth += 1) expect((await ask(gateway.port)).body.toString() === body).toBe(true)
    expect(far.connections).toHaveLength(1)
  })
})

describe('many at once', () => {
  it('200 requests with bodies of all sizes over eight connections: each one is whole, in both directions', async () => {
    const echo: Parameters<typeof upstream>[0] = (request, response) => void request.pipe(response)
    await using far = await upstream(echo, { record: false })
    await using gateway = await gatewayOver(http1(), far.url, {
      pool: { maxConnections: 8, queue: { limit: 1_000 } } as never,
    })
    const sizes = Array.from({ length: 200 }, (_, at) => [0, 1, 1_000, 16_384, 70_000, 200_000][at % 6]! + at)
    const sums = await Promise.all(
      sizes.map(async (size, at) =>
        sha256(Buffer.from(await upload(gateway.port, size, { chunked: at % 2 === 0 }), 'latin1')),
      ),
    )
    expect(sums).toEqual(await Promise.all(sizes.map((size) => sha256(pseudoRandom(size)))))
    expect(far.accepted).toBeLessThanOrEqual(8)
  })

  it('H-091 H-118 clients that leave in the middle take their upstream sockets along, and leave no timer or listener', async () => {
    const gone = drained()
    {
      await using far = await sink([ok().replace('Length: 2', 'Length: 99'), 'stall'])
      await using gateway = await gatewayOver(http1(), far.url, { pool: steady })
      for (let nth = 0; nth < 20; nth += 1) {
        await using client = await rawOpen(gateway.port)
        await client.write(nth % 2 === 0 ? GET : post('x'.repeat(100)).slice(0, -50))
        await client.waitFor('HTTP/1.1 200')
        client[nth % 3 === 0 ? 'reset' : 'destroy']()
      }
      await gateway.idle()
      await eventually(() => far.openConnections() === 0)
    }
    await gone()
  })
})

describe('unix sockets', () => {
  it('H-200 carry large bodies whole, both ways', async () => {
    const path = join(tmpdir(), `edgewise-${process.pid}-http1-large.sock`)
    const server = createServer((request, response) =>
      request.method === 'PUT' ? void hashes(request, response) : void sends(4 * MIB)(request, response),
    )
    await new Promise<void>((resolve) => server.listen(path, resolve))
    await using gateway = await gatewayOver(http1(), `unix:${path}`)
    expect(await download(gateway.port)).toBe(await sumOf(4 * MIB))
    for (const chunked of [true, false])
      expect(await upload(gateway.port, 4 * MIB, { chunked })).toBe(await sumOf(4 * MIB))
    server.closeAllConnections()
    server.close()
  })
})
