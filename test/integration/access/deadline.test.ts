import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import {
  bytes,
  compose,
  createGateway,
  deadline,
  type Exchange,
  exchangeOf,
  forward,
  handOver,
  type Reply,
  reply,
  StreamBody,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { request, talk } from '../../adapters/contract/kit.js'
import { drained, eventually, raw, rawOpen, sink, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { switchAndHold, wsFront } from '../../upgrade/ws-front.js'
import { frameworks } from './frameworks.js'
import { served } from './served.js'

const short = (events: never) => deadline({ totalMs: 150, events })

describe('a deadline', () => {
  it('H-098 answers 504 when the upstream is late, and ends its request', async () => {
    await using far = await sink(['stall'])
    await using edge = await served(short as never, forward(far.url))
    const { reply: answer } = await talk(edge.port, request('/'))
    expect([answer.status, answer.body.toString()]).toEqual([504, '504 ERR_EDGE_TOTAL_TIMEOUT\n'])
    const [outcome] = await edge.settled(1)
    expect([outcome!.error?.code, outcome!.termination.who, edge.denied]).toEqual([
      'ERR_EDGE_TOTAL_TIMEOUT',
      'edge',
      [],
    ])
    await eventually(() => far.openConnections() === 0)
  })

  it('H-096 answers for a handler that never does, and lets go of what it comes back with', async () => {
    let late: ((reply: Reply) => void) | undefined
    let signal: AbortSignal | undefined
    await using edge = await served(short as never, (exchange) => {
      signal = exchange.signal
      return new Promise<Reply>((resolve) => {
        late = resolve
      })
    })
    const { reply: answer } = await talk(edge.port, request('/'))
    expect([answer.status, signal!.aborted]).toEqual([504, true])
    let cancelled = false
    const body = new StreamBody({ pause() {}, resume() {}, cancel: () => (cancelled = true) }, undefined)
    late!({ status: 200, headers: {}, body })
    await eventually(() => cancelled)
  })

  it('breaks off a reply that is under way, whoever makes it', async () => {
    const endless = (): Readable => {
      const stream = new Readable({ read() {} })
      stream.push('begun')
      return stream
    }
    const streams: Readable[] = []
    await using far = await upstream((_req, res) => void res.write('begun'))
    const own = async (): Promise<Reply> => {
      streams.push(endless())
      return reply(200, streams[0])
    }
    for (const handler of [forward(far.url), own]) {
      await using edge = await served(short as never, handler)
      const { text, ended } = await raw(edge.port, request('/'), { hold: Number.POSITIVE_INFINITY })
      expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*begun/)
      expect([text.endsWith('\r\n0\r\n\r\n'), ended === 'open']).toEqual([false, false])
      const [outcome] = await edge.settled(1)
      expect(outcome!.error?.code).toBe('ERR_EDGE_TOTAL_TIMEOUT')
    }
    expect(streams[0]!.destroyed).toBe(true)
    await eventually(() => far.requests[0]!.outcome === 'aborted')
  })

  it('H-094 answers 408 to a client that is still sending what the handler waits for', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    for (const handler of [forward(far.url), async ({ body }: Exchange) => reply(200, await bytes(body, 1_000))]) {
      await using edge = await served(short as never, handler)
      const { reply: answer } = await talk(
        edge.port,
        ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'],
        'POST',
        {
          hold: Number.POSITIVE_INFINITY,
        },
      )
      expect([answer.status, edge.denied.map(({ status }) => status)]).toEqual([408, [408]])
    }
  })

  it('H-093 cuts off a client that does not read what it was sent in time', async () => {
    const size = 64 * 1024 * 1024
    await using edge = await served(short as never, async () => reply(200, Buffer.alloc(size)))
    await using client = await rawOpen(edge.port, { keep: 0 })
    client.pause()
    await client.write(request('/'))
    const [outcome] = await edge.settled(1)
    expect(outcome!.status).toBe(200)
    client.resume()
    await client.closed
    expect(client.received).toBeLessThan(size)
  })

  it('leaves no timer, neither of what was in time nor of what was not', async () => {
    await using far = await upstream()
    await using edge = await served((events) => deadline({ totalMs: 60_000, events }), forward(far.url))
    await talk(edge.port, request('/'))
    const gone = drained({ files: false })
    for (let at = 0; at < 5; at++) expect((await talk(edge.port, request('/'))).reply.status).toBe(200)
    await gone()
  })

  it('wants a WebSocket open by then, and leaves an open one alone', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url, { filters: [deadline({ totalMs: 600 })] })
    const socket = await wsConnect(front.url)
    const stays = await raw(front.port, [700])
    expect([stays.ended, socket.readyState]).toEqual(['open', socket.OPEN])
    socket.terminate()
    await using slow = await sink(['stall', ...switchAndHold])
    await using late = await wsFront(slow.url, { filters: [deadline({ totalMs: 150 })] })
    await expect(wsConnect(late.url)).rejects.toMatchObject({ status: 504 })
  })

  it('cuts off what the framework behind handOver() does not answer in time, and tells it by the signal', async () => {
    const listener = toNode(compose(deadline({ totalMs: 150 }), handOver()))
    let signal: AbortSignal | undefined
    const server = createServer((req, res) =>
      listener(req, res, () => {
        signal = exchangeOf(req)?.signal
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { text, ended } = await raw((server.address() as AddressInfo).port, request('/'), {
      hold: Number.POSITIVE_INFINITY,
    })
    expect([text, ended === 'open', signal?.aborted]).toEqual(['', false, true])
    await new Promise((resolve) => server.close(resolve))
    await listener.close()
  })

  it.each([{}, { totalMs: 0 }, { totalMs: 1.5 }, { total: 1 }])('H-155 refuses %j', (options) =>
    expect(() => deadline(options as never)).toThrow(/deadline/),
  )
})

describe.each(frameworks)('a deadline under $name', (harness) => {
  it('H-098 ends what is late: a 504 before the head, a broken reply behind it', async () => {
    await using silent = await sink(['stall'])
    await using begun = await upstream((_req, res) => void res.write('begun'))
    const filters = [deadline({ totalMs: 150 })]
    const gateway = createGateway({
      routes: [
        { path: '/silent', filters, handler: forward(silent.url) },
        { path: '/begun', filters, handler: forward(begun.url) },
        { path: '/app', filters, handler: handOver() },
      ],
    })
    await using app = await harness.listen(gateway)
    const hold = Number.POSITIVE_INFINITY
    expect((await talk(app.port, request('/silent'), 'GET', { hold })).reply.status).toBe(504)
    const broken = await raw(app.port, request('/begun'), { hold })
    expect([broken.text.includes('begun'), broken.text.endsWith('\r\n0\r\n\r\n')]).toEqual([true, false])
    expect((await talk(app.port, request('/app'))).reply.status).toBe(200)
  })
})
