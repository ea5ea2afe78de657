import { bytes, createGateway, type EventHub, type Exchange, type Filter, forward, minDataRate, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { request, talk } from '../../adapters/contract/kit.js'
import { drained, eventually, rawOpen, sink, upstream } from '../../support/index.js'
import { frameworks } from './frameworks.js'
import { served } from './served.js'

const MIB = 1024 * 1024
/** 1,000 bytes a second, 200 ms of grace. */
const strict = (events: EventHub): Filter =>
  minDataRate({ uploadBytesPerSecond: 1_000, downloadBytesPerSecond: 1_000, graceMs: 200, events })

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n'

/** A body of `size` bytes, `each` every `ms`. */
const drip = (size: number, each: number, ms: number): (string | number)[] =>
  Array.from({ length: size / each }, () => [ms, 'x'.repeat(each)]).flat()

describe('a minimum data rate', () => {
  it('H-028 H-094 ends an upload of a byte now and then with 408, and breaks off its request upstream', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    for (const handler of [forward(far.url), async ({ body }: Exchange) => reply(200, await bytes(body, 10_000))]) {
      await using edge = await served(strict, handler)
      const { reply: answer, ended } = await talk(edge.port, [POST, ...drip(5_000, 1, 20)], 'POST', {
        hold: Number.POSITIVE_INFINITY,
      })
      expect([answer.status, answer.header('connection'), ended === 'open']).toEqual([408, 'close', false])
      expect(edge.denied.map(({ filter, status }) => [filter, status])).toEqual([['minDataRate', 408]])
      expect((await edge.settled(1))[0]!.status).toBe(408)
    }
    await eventually(() => far.openConnections() === 0)
  })

  it('ends a stalled upload likewise', async () => {
    await using far = await sink(['stall'])
    await using edge = await served(strict, forward(far.url))
    const { reply: answer } = await talk(edge.port, [`${POST}${'x'.repeat(4_000)}`], 'POST', {
      hold: Number.POSITIVE_INFINITY,
    })
    expect(answer.status).toBe(408)
  })

  it('leaves an upload alone that keeps the rate', async () => {
    await using far = await upstream()
    await using edge = await served(
      (events) => minDataRate({ uploadBytesPerSecond: 1_000, graceMs: 1_000, events }),
      forward(far.url),
    )
    const { reply: answer } = await talk(edge.port, [POST, ...drip(5_000, 250, 75)], 'POST', { hold: 1_000 })
    expect([answer.status, edge.denied]).toEqual([200, []])
  })

  it('does not blame the client for an upstream that reads slowly', async () => {
    await using far = await sink([400, 'waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'])
    await using edge = await served(strict, forward(far.url))
    const { reply: answer } = await talk(edge.port, `${POST}${'x'.repeat(5_000)}`, 'POST', { hold: 2_000 })
    expect([answer.status, edge.denied]).toEqual([200, []])
  })

  it('H-093 breaks off a stream that is read too slowly, and frees the upstream', async () => {
    await using far = await upstream((_req, res) => {
      res.writeHead(200)
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(MIB)));
      }
      res.on('drain', more)
      more()
    })
    await using edge = await served(
      (events) => minDataRate({ downloadBytesPerSecond: 100 * MIB, graceMs: 300, events }),
      forward(far.url),
    )
    await using client = await rawOpen(edge.port, { keep: 0 })
    client.pause()
    await client.write(request('/'))
    const [outcome] = await edge.settled(1)
    expect([outcome!.error?.code, outcome!.termination.who]).toEqual(['ERR_EDGE_CLIENT_STALLED', 'client'])
    expect(edge.denied.map(({ status }) => status)).toEqual([499])
    await eventually(() => far.requests[0]!.outcome === 'aborted')
  })

  it('H-093 breaks off what was written whole and is not read', async () => {
    await using edge = await served(
      (events) => minDataRate({ downloadBytesPerSecond: 1_000 * MIB, graceMs: 200, events }),
      async () => reply(200, Buffer.alloc(64 * MIB)),
    )
    await using client = await rawOpen(edge.port, { keep: 0 })
    client.pause()
    await client.write(request('/'))
    expect((await edge.settled(1))[0]!.error?.code).toBe('ERR_EDGE_CLIENT_STALLED')
    client.resume()
    await client.closed
    expect(client.received).toBeLessThan(64 * MIB)
  })

  it('does not blame the client for an upstream that sends slowly', async () => {
    await using far = await sink([
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n',
      300,
      'a',
      300,
      'bcd',
    ])
    await using edge = await served(strict, forward(far.url))
    const { reply: answer } = await talk(edge.port, request('/'), 'GET', { hold: 2_000 })
    expect([answer.body.toString(), edge.denied]).toEqual(['abcd', []])
  })

  it('H-115 H-116 leaves no timer, and a kept connection alone', async () => {
    await using far = await upstream()
    await using edge = await served(strict, forward(far.url))
    await using client = await rawOpen(edge.port)
    const ask = async (at: number): Promise<void> => {
      await client.write(`POST /${at} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi`)
      await client.waitFor((text) => text.split('HTTP/1.1 200').length === at + 1)
    }
    await ask(1)
    const gone = drained({ files: false })
    for (let at = 2; at < 6; at++) await ask(at)
    await gone()
    await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 400))])
    expect(client.ended).toBe('open')
  })

  it.each([{ graceMs: 0 }, { uploadBytesPerSecond: -1 }, { rate: 1 }])('H-155 refuses %j', (options) =>
    expect(() => minDataRate(options as never)).toThrow(/minDataRate/),
  )
})

describe.each(frameworks)('a minimum data rate under $name', (harness) => {
  it('H-093 H-094 ends who sends a byte now and then, and who reads nothing', async () => {
    await using far = await upstream((req, res) => {
      if (req.method === 'POST') return void req.resume().on('end', () => res.end())
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(MIB)));
      }
      res.on('drain', more)
      more()
    })
    const filters = [minDataRate({ uploadBytesPerSecond: 1_000, downloadBytesPerSecond: 500 * MIB, graceMs: 200 })]
    const gateway = createGateway({ routes: [{ path: '/**', filters, handler: forward(far.url) }] })
    await using app = await harness.listen(gateway)
    const { reply: answer } = await talk(app.port, [POST, ...drip(5_000, 1, 20)], 'POST', {
      hold: Number.POSITIVE_INFINITY,
    })
    expect(answer.status).toBe(408)
    await using client = await rawOpen(app.port, { keep: 0 })
    client.pause()
    await client.write(request('/'))
    await eventually(() => far.requests[1]?.outcome === 'aborted', { timeoutMs: 5_000 })
  })
})
