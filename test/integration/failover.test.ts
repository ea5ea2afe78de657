import { describe, expect, it } from 'vitest'
import { eventually, faultyUpstream, pseudoRandom, sha256, sink } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { afterReplies } from '../support/replies.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

const noHealth = { pool: { health: { passive: false } } } as const

describe.each(transports)('failover over %s', (_name, make) => {
  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])(
    'H-101 %s goes elsewhere when refused: nothing of it had left',
    async (method) => {
      await using dead = await faultyUpstream('refuse')
      await using far = await sink()
      await using front = await gatewayOver(make(), [dead.url, far.url], noHealth)
      for (let at = 0; at < 4; at++) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : 'hello'
        expect((await ask(front.port, '/', { method, ...(body === undefined ? {} : { body }) })).status).toBe(200)
      }
      expect(far.requests.map((request) => request.method)).toEqual([method, method, method, method])
      expect(front.outcomes.filter(({ attempts }) => attempts.length === 2)).toHaveLength(4)
      await front.atRest()
    },
  )

  it('H-101 a streaming POST that nobody has read yet goes elsewhere whole when refused', async () => {
    await using dead = await faultyUpstream('refuse')
    await using far = await sink()
    await using front = await gatewayOver(make(), [dead.url, far.url], noHealth)
    const body = Buffer.concat([...pseudoRandom(300_000, 3)])
    for (let round = 0; round < 2; round++) {
      await using client = await rawOpen(front.port)
      await client.write('POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let at = 0; at < body.length; at += 50_000) {
        const part = body.subarray(at, at + 50_000)
        await client.write(`${part.length.toString(16)}\r\n`)
        await client.write(part)
        await client.write('\r\n')
      }
      await client.write('0\r\n\r\n')
      await client.waitFor(afterReplies(1))
      expect(client.text).toMatch(/^HTTP\/1\.1 200 /)
    }
    await far.waitForRequests(2, { complete: true })
    for (const request of far.requests) expect(await sha256(request.body)).toBe(await sha256(body))
    expect(front.outcomes.some(({ attempts }) => attempts.length === 2)).toBe(true)
  })

  it('H-101 a connect that hangs goes elsewhere, too', async () => {
    await using dead = await faultyUpstream('blackhole')
    await using far = await sink()
    await using front = await gatewayOver(make(), [dead.url, far.url], {
      ...noHealth,
      forward: { connectTimeoutMs: 100 },
    })
    const all = await Promise.all([ask(front.port, '/', { method: 'POST', body: 'x' }), ask(front.port)])
    expect(all.map(({ status }) => status)).toEqual([200, 200])
    expect(far.requests).toHaveLength(2)
  })

  it.each(['GET', 'HEAD', 'OPTIONS'])(
    'H-100 %s is tried once elsewhere when its connection dies before the first byte',
    async (method) => {
      await using dying = await sink(['waitBody', 'reset'])
      await using far = await sink()
      await using front = await gatewayOver(make(), [dying.url, far.url], noHealth)
      for (let at = 0; at < 4; at++) expect((await ask(front.port, '/', { method })).status).toBe(200)
      expect([dying.requests.length, far.requests.length]).toEqual([4, 4])
    },
  )

  it('H-100 a GET is tried once only: two deaths are a 502', async () => {
    await using dying = await Promise.all([
      sink(['waitBody', 'reset']),
      sink(['waitBody', 'reset']),
      sink(['waitBody', 'reset']),
    ]).then((all) =>
      Object.assign(all, {
        [Symbol.asyncDispose]: async () => void (await Promise.all(all.map((each) => each.close()))),
      }),
    )
    await using front = await gatewayOver(
      make(),
      dying.map(({ url }) => url),
      noHealth,
    )
    const { status, body } = await ask(front.port)
    expect([status, body]).toEqual([502, '502 ERR_EDGE_UPSTREAM_RESET\n'])
    expect(dying.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(2)
  })

  it.each([
    ['POST with a body', 'POST', 'hello'],
    ['POST without one', 'POST', ''],
    ['PUT', 'PUT', 'hello'],
    ['DELETE', 'DELETE', ''],
    ['GET with a body', 'GET', 'hello'],
  ])('H-101 %s is never sent twice once it has left', async (_what, method, body) => {
    await using dying = await sink(['waitBody', 'reset'])
    await using far = await sink()
    await using front = await gatewayOver(make(), [dying.url, far.url], noHealth)
    const headers = body === '' ? {} : { 'content-length': String(body.length) }
    const { status } = await ask(front.port, '/', { method, headers, ...(body === '' ? {} : { body }) })
    expect(status).toBe(502)
    expect(dying.requests).toHaveLength(1)
    expect(far.requests).toHaveLength(0)
    await front.atRest()
  })

  it.each(['503 Busy', '502 Bad', '504 Late', '429 Slow'])(
    'H-101 a reply is a reply: %s is passed on, not tried again',
    async (status) => {
      await using far = await sink(['waitBody', `HTTP/1.1 ${status}\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n`])
      await using other = await sink()
      await using front = await gatewayOver(make(), [far.url, other.url], noHealth)
      expect((await ask(front.port)).status).toBe(Number(status.slice(0, 3)))
      expect(far.requests).toHaveLength(1)
      expect(other.requests).toHaveLength(0)
    },
  )

  it('H-101 a first byte that does not come in time is not tried again: it may have been acted upon', async () => {
    await using far = await sink(['stall'])
    await using other = await sink()
    await using front = await gatewayOver(make(), [far.url, other.url], {
      ...noHealth,
      forward: { firstByteTimeoutMs: 60 },
    })
    expect((await ask(front.port)).status).toBe(504)
    expect([far.requests.length, other.requests.length]).toEqual([1, 0])
  })

  it('H-100 a half-open kept connection costs a GET nothing', async () => {
    await using far = await faultyUpstream('half-open')
    await using front = await gatewayOver(make(), [far.url], noHealth)
    for (let at = 0; at < 10; at++) expect((await ask(front.port)).status).toBe(200)
    // One dies and is tried again on a fresh connection; each second one finds a kept connection.
    expect(front.attempts.some(({ reusedConnection, error }) => reusedConnection && error !== null)).toBe(true)
  })

  it('H-100 a half-open kept connection costs a POST with a body one 502, and it is sent once', async () => {
    await using far = await faultyUpstream('half-open')
    await using front = await gatewayOver(make(), [far.url], noHealth)
    expect((await ask(front.port)).status).toBe(200)
    expect((await ask(front.port, '/', { method: 'POST', body: 'once' })).status).toBe(502)
    expect(far.sink!.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
    expect(front.attempts.at(-1)).toMatchObject({ reusedConnection: true, countsAgainst: false })
  })

  it('H-100 does not use a connection past what the upstream said it keeps it for', async () => {
    await using far = await sink([
      'waitBody',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok',
    ])
    await using front = await gatewayOver(make(), [far.url], noHealth)
    for (let at = 0; at < 3; at++) expect((await ask(front.port)).status).toBe(200)
    // A second less than one second is none.
    expect(far.connections).toHaveLength(3)
    await eventually(() => far.openConnections() === 0)
  })
})

describe.each(transports)('the retry budget over %s', (_name, make) => {
  it('H-102 bounds the tries on upstreams that all fail: 100 requests, a budget of a tenth', async () => {
    await using far = await sink(['waitBody', 'reset'])
    await using also = await sink(['waitBody', 'reset'])
    await using front = await gatewayOver(make(), [far.url, also.url], {
      pool: { health: { passive: false }, retryBudget: { ratio: 0.1, minPerSecond: 0 } },
    })
    for (let at = 0; at < 100; at++) expect((await ask(front.port)).status).toBe(502)
    const hits = far.requests.length + also.requests.length
    expect(hits).toBeGreaterThanOrEqual(108)
    expect(hits).toBeLessThanOrEqual(110)
    expect(front.attempts).toHaveLength(hits)
  })

  it('H-102 stops trying when the client has left', async () => {
    await using far = await sink(['waitBody', 60, 'reset'])
    await using front = await gatewayOver(make(), [far.url], noHealth)
    const abort = new AbortController()
    const asked = ask(front.port, '/', { signal: abort.signal })
    await far.waitForRequests(1)
    abort.abort()
    await expect(asked).rejects.toThrow()
    await front.atRest()
    await eventually(() => far.openConnections() === 0)
    expect(far.requests).toHaveLength(1)
  })
})
