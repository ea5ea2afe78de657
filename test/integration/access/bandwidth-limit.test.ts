import { bandwidthLimit, createGateway, forward, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { request, talk } from '../../adapters/contract/kit.js'
import { drained, eventually, flat, rawOpen, upstream } from '../../support/index.js'
import { frameworks } from './frameworks.js'
import { served } from './served.js'

const KIB = 1024

/** How long something took, in milliseconds. */
async function timed<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now()
  return { value: await run(), ms: performance.now() - start }
}

describe('a bandwidth limit', () => {
  it('slows a reply from an upstream down to its rate, byte for byte', async () => {
    const size = 200 * KIB
    await using far = await upstream((_req, res) => res.end(Buffer.alloc(size, 'abc')))
    await using edge = await served(
      () => bandwidthLimit({ bytesPerSecond: 400 * KIB, burstBytes: 40 * KIB }),
      forward(far.url),
    )
    const { value, ms } = await timed(() => talk(edge.port, request('/'), 'GET', { hold: 1_000 }))
    expect(value.reply.body.equals(Buffer.alloc(size, 'abc'))).toBe(true)
    expect(ms).toBeGreaterThanOrEqual(((size - 40 * KIB) / (400 * KIB)) * 1000 - 1)
  })

  it('lets what fits its burst go at once, and in one write', async () => {
    await using edge = await served(
      () => bandwidthLimit({ bytesPerSecond: 1, burstBytes: 100 }),
      async () => reply(200, 'x'.repeat(100)),
    )
    const { reply: answer } = await talk(edge.port, request('/'))
    expect([answer.status, answer.header('content-length')]).toEqual([200, '100'])
  })

  it('is shared by the requests of a client, if told so, across connections', async () => {
    const body = 'x'.repeat(20 * KIB)
    const rate = { bytesPerSecond: 100 * KIB, burstBytes: 10 * KIB }
    for (const [per, least] of [
      ['client', (4 * 20 - 10) * 10],
      ['request', (20 - 10) * 10],
    ] as const) {
      await using edge = await served(
        () => bandwidthLimit({ ...rate, per }),
        async () => reply(200, body),
      )
      const { ms } = await timed(() => Promise.all(Array.from({ length: 4 }, () => talk(edge.port, request('/')))))
      expect(ms).toBeGreaterThanOrEqual(least - 1)
    }
  })

  it('slows uploads down, if told so, and holds the client back', async () => {
    const size = 60 * KIB
    await using far = await upstream()
    await using edge = await served(
      () => bandwidthLimit({ bytesPerSecond: 100 * KIB, burstBytes: 10 * KIB, direction: 'upload' }),
      forward(far.url),
    )
    const { value, ms } = await timed(() => talk(edge.port, request('/', { method: 'POST', body: 'x'.repeat(size) })))
    expect(value.reply.status).toBe(200)
    expect(ms).toBeGreaterThanOrEqual(500 - 1)
  })

  it('H-077 H-093 holds the upstream back: memory stays flat, and a client that leaves frees everything', async () => {
    let sent = 0
    await using far = await upstream((_req, res) => {
      const more = (): void => {
        while (!res.destroyed && sent < 256 * KIB * KIB) {
          sent += 64 * KIB
          if (!res.write(Buffer.alloc(64 * KIB))) break
        }
      }
      res.on('drain', more)
      more()
    })
    await using edge = await served(
      () => bandwidthLimit({ bytesPerSecond: 64 * KIB, burstBytes: KIB }),
      forward(far.url),
    )
    await using client = await rawOpen(edge.port, { keep: 0 })
    await client.write(request('/'))
    await flat(() => eventually(() => client.received > 40 * KIB, { timeoutMs: 10_000 }))
    expect(sent).toBeLessThan(32 * KIB * KIB)
    const gone = drained({ files: false })
    client.destroy()
    await edge.settled(1)
    await eventually(() => far.requests[0]!.outcome === 'aborted')
    await gone()
  })

  it('is refused in front of handOver(), which lets no filter see a body', () => {
    const filters = [bandwidthLimit({ bytesPerSecond: 1 })]
    expect(() => createGateway({ routes: [{ path: '/**', filters, handler: handOver() }] })).toThrow(/bandwidthLimit/)
  })

  it.each([
    {},
    { bytesPerSecond: 0 },
    { bytesPerSecond: 1, per: 'reply' },
    { bytesPerSecond: 1, burstBytes: 0 },
    { bytesPerSecond: 1_000, burstBytes: 9 },
    { rate: 1 },
  ])('H-155 refuses %j', (options) => expect(() => bandwidthLimit(options as never)).toThrow(/bandwidthLimit/))
})

describe.each(frameworks)('a bandwidth limit under $name', (harness) => {
  it('slows a reply down, and nothing of it is lost', async () => {
    const body = Buffer.alloc(60 * KIB, 'abc')
    const filters = [bandwidthLimit({ bytesPerSecond: 200 * KIB, burstBytes: 20 * KIB })]
    const gateway = createGateway({ routes: [{ path: '/**', filters, handler: async () => reply(200, body) }] })
    await using app = await harness.listen(gateway)
    const { value, ms } = await timed(() => talk(app.port, request('/'), 'GET', { hold: 1_000 }))
    expect([value.reply.body.equals(body), ms >= 199]).toEqual([true, true])
  })
})
