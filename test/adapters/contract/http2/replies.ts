import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { bytesBody, fromReadable, type Handler, reply, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client, h2Error, sink, upstream } from '../../../support/index.js'
import { appOver, bases, below, gatewayTo } from '../kit.js'
import { bodyless, broken } from '../replies.js'
import type { Http2Cell } from './cell.js'

export function http2Replies({ harness, title, over, direct, ask, answer }: Http2Cell): void {
  describe.each(bases)(`${title} at %s: replies`, (base) => {
    it.each(broken)('H-090 an upstream that dies mid-body ($how) resets the stream, which never ends', async (row) => {
      await using far = await sink(['waitBody', row.bytes, 20, row.end])
      await using app = await appOver(harness, far.url, { ...over, base })
      await using client = h2Client(app.port)
      const { status, body, reset } = await client.ask(below(base, '/x'))
      expect([status, body, reset]).toEqual([200, 'half', h2Error.internal])
      // One stream, not its neighbours.
      expect(client.session.closed).toBe(false)
      await eventually(() => far.openConnections() === 0)
    })

    it.each(bodyless)('H-065 H-066 relays a $status to $method without a body', async (row) => {
      await using far = await sink(['waitBody', `HTTP/1.1 ${row.status} X\r\n${row.fields}ETag: "e"\r\n\r\n`])
      await using app = await appOver(harness, far.url, { ...over, base })
      const { status, headers, body } = await ask(app.port, below(base, '/x'), { method: row.method })
      expect([status, headers['etag'], body]).toEqual([row.status, '"e"', ''])
      expect(headers['content-length']).toBe(row.length)
    })

    it('passes each piece on as it comes, an event within 50 ms', async () => {
      let write = (_text: string): void => {}
      await using far = await upstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        write = (text) => response.write(text)
      })
      await using app = await appOver(harness, far.url, { ...over, base })
      await using client = h2Client(app.port)
      const stream = client.open(below(base, '/x'), {}, true)
      await eventually(() => far.hits === 1)
      const took: number[] = []
      for (const event of ['1', '2', '3']) {
        const arrived = new Promise<string>((resolve) =>
          stream.once('data', (part: Buffer) => resolve(part.toString())),
        )
        const from = performance.now()
        write(`data: ${event}\n\n`)
        expect(await arrived).toBe(`data: ${event}\n\n`)
        took.push(performance.now() - from)
      }
      // The fastest of three: a machine that stands still meanwhile does not count.
      expect(Math.min(...took)).toBeLessThan(50)
    })
  })

  describe(`${title}: replies of handlers`, () => {
    it.each([200, 201, 205, 299, 301, 404, 418, 451, 500, 599])('H-192 says %i', async (status) => {
      expect((await answer(async () => reply(status, status === 205 ? null : 'text'))).status).toBe(status)
    })

    it.each([600, 999])('H-192 answers 500 for %i, which HTTP/2 has no word for', async (status) => {
      expect((await answer(async () => reply(status, 'text'))).status).toBe(500)
    })

    it('H-070 sends no field of a connection, and the length of what is sent', async () => {
      const { status, headers, body } = await answer(async () => ({
        status: 200,
        headers: toHeaders({
          'content-length': '3',
          connection: 'x-secret',
          'keep-alive': 'timeout=5',
          'proxy-connection': 'keep-alive',
          'transfer-encoding': 'chunked',
          upgrade: 'h2c',
          'http2-settings': 'AA',
          te: 'trailers',
          'x-kept': '1',
        }),
        body: bytesBody('longer than three'),
      }))
      expect([status, body]).toEqual([200, 'longer than three'])
      expect(
        Object.keys(headers)
          .filter((field) => field !== 'content-type')
          .toSorted(),
      ).toEqual([':status', 'content-length', 'date', 'x-kept'].toSorted())
      expect(headers['content-length']).toBe('17')
    })

    it('H-071 keeps two Set-Cookie two, also next to the framework’s own', async () => {
      const handler: Handler = async () => reply(200, 'ok', { 'set-cookie': ['a=1', 'b=2'] })
      await using app = await harness.listen(gatewayTo(handler), { ...over, outer: true })
      const { headers } = await ask(app.port, '/x')
      expect(headers['set-cookie']?.map((cookie) => cookie.split(';')[0]).toSorted()).toEqual(['a=1', 'b=2', 'outer=1'])
      expect(headers['x-outer']).toBe('before')
      expect(headers['x-after']).toBe(harness.traits.changesReply && !over.direct ? '200' : undefined)
      expect(app.finished).toEqual([200])
    })

    it('tells the framework that it is done, to a HEAD as well', async () => {
      await using app = await harness.listen(
        gatewayTo(async () => reply(200, 'text')),
        { ...over, outer: true },
      )
      expect((await ask(app.port, '/x', { method: 'HEAD' })).status).toBe(200)
      await eventually(() => app.finished.length === 1)
    })

    it.each(['a\r\nx: y', 'a\0x\0y'])(
      'H-023 answers 500 for a field that cannot be written (%j), and stays alive',
      async (value) => {
        const { status, headers } = await answer(async () => ({
          ...reply(200, 'ok'),
          headers: { 'x-good': '1', 'x-bad': value },
        }))
        expect([status, headers['x'], headers['x-bad'], headers['x-good']]).toEqual([
          500,
          undefined,
          undefined,
          undefined,
        ])
      },
    )

    it('H-092 an error behind the head resets the stream', async () => {
      const handler: Handler = async () => {
        const stream = new Readable({ read() {} })
        stream.push('half')
        setTimeout(() => stream.destroy(new Error('late')), 20)
        return { ...reply(200), body: fromReadable(stream) }
      }
      const { body, reset } = await answer(handler)
      expect([body, reset]).toEqual(['half', h2Error.internal])
    })

    it('waits for a client that does not read', async () => {
      let pulled = 0
      const handler: Handler = async () => {
        const piece = Buffer.alloc(64 * 1024, 'x')
        const source = new Readable({
          read() {
            pulled += piece.length
            this.push(pulled > 16 * 1024 * 1024 ? null : piece)
          },
        })
        return { ...reply(200), body: fromReadable(source) }
      }
      await using app = await harness.listen(gatewayTo(handler), over)
      await using client = h2Client(app.port)
      const stream = client.open('/x', {}, true)
      await new Promise((resolve) => stream.once('response', resolve))
      await eventually(() => pulled > 0)
      let before = -1
      while (before !== pulled) {
        before = pulled
        await delay(50)
      }
      expect(pulled).toBeLessThan(1024 * 1024)
      let got = 0
      for await (const part of stream) got += part.length
      expect(got).toBe(16 * 1024 * 1024)
    })

    if (!direct) return
    it('passes trailers on, with a body and without one', async () => {
      const trailers = () => toHeaders({ 'grpc-status': '0', 'x-bad': 'a\0b\0c', connection: 'close' })
      const withBody = await answer(async () => ({ ...reply(200, Readable.from(['a', 'b'])), trailers }))
      const without = await answer(async () => ({ ...reply(200, Readable.from([])), trailers }))
      for (const { body, trailers: seen, reset } of [withBody, without])
        expect([body, seen, reset]).toEqual([body, { 'grpc-status': '0' }, 0])
      expect([withBody.body, without.body]).toEqual(['ab', ''])
    })

    it('H-067 passes Early Hints on before the reply, with all their fields', async () => {
      const link = '</a.css>; rel=preload; as=style, </b.js>; rel=preload; as=script'
      await using far = await sink([
        'waitBody',
        `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\nX-Other: 1\r\n\r\n`,
        20,
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ])
      await using app = await appOver(harness, far.url, over)
      const { status, interim } = await ask(app.port, '/x')
      expect(status).toBe(200)
      expect(interim).toEqual([{ ':status': 103, link, 'x-other': '1' }])
    })
  })
}
