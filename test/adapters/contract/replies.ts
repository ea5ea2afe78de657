import { bytesBody, type Handler, reply, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, sink, upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, request, talk, transports, within100Ms } from './kit.js'

const cells = bases.flatMap((base) => transports.map((transport) => ({ base, ...transport })))

/** Replies that break off in their body. */
export const broken = [
  { how: 'Content-Length, FIN', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', end: 'end' },
  { how: 'Content-Length, RST', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', end: 'reset' },
  { how: 'chunks, FIN', bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', end: 'end' },
  { how: 'chunks, RST', bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', end: 'reset' },
] as const

/** Replies without a body; `length` is what the client is told of one. */
export const bodyless = [
  { status: 200, method: 'HEAD', fields: 'Content-Length: 123\r\n', length: '123' },
  { status: 404, method: 'HEAD', fields: 'Content-Length: 5\r\n', length: '5' },
  { status: 200, method: 'HEAD', fields: 'Transfer-Encoding: chunked\r\n', length: undefined },
  { status: 204, method: 'GET', fields: '', length: undefined },
  { status: 304, method: 'GET', fields: '', length: undefined },
  { status: 205, method: 'POST', fields: 'Content-Length: 0\r\n', length: '0' },
  { status: 200, method: 'GET', fields: 'Content-Length: 0\r\n', length: '0' },
] as const

export function replies(harness: Harness): void {
  describe.each(cells)(`${harness.name} at $base over $transport: replies`, ({ base, make }) => {
    it.each(broken)(
      'H-090 an upstream that dies mid-body ($how) breaks the client’s message',
      async ({ bytes, end }) => {
        await using far = await sink(['waitBody', bytes, 20, end])
        await using app = await appOver(harness, far.url, { base, transport: make() })
        // No `Connection: close`: nothing but the break may end the connection.
        const { text, ended } = await talk(app.port, `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\n\r\n`)
        expect(ended).not.toBe('open')
        expect(text).toContain('half')
        expect(text).not.toMatch(/\r\n0\r\n\r\n$/)
        expect(text.slice(text.indexOf('\r\n\r\n')).length).toBeLessThan(60)
        await eventually(() => far.openConnections() === 0)
      },
    )

    it('H-071 keeps two Set-Cookie two, and other fields as they came', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nX-One: 1\r\nSet-Cookie: b=2, c\r\nETag: "x"\r\nX-Obs: \xe9\r\nContent-Length: 2\r\n\r\nok',
      ])
      await using app = await appOver(harness, far.url, { base, transport: make() })
      const answer = await ask(app.port, below(base, '/x'))
      const cookies = answer.headers.filter(([field]) => field.toLowerCase() === 'set-cookie').map(([, value]) => value)
      expect(cookies).toEqual(['a=1; Path=/', 'b=2, c'])
      expect([answer.header('x-one'), answer.header('etag'), answer.header('x-obs')]).toEqual(['1', '"x"', '\xe9'])
      expect(answer.header('content-type')).toBe(harness.traits.contentType)
      expect(answer.body.toString()).toBe('ok')
    })

    it.each(bodyless)(
      'H-065 H-066 relays a $status to $method without a body, and the connection goes on',
      async (row) => {
        await using far = await sink((_connection, index) => [
          'waitBody',
          index === 0
            ? `HTTP/1.1 ${row.status} X\r\n${row.fields}ETag: "e"\r\n\r\n`
            : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext',
        ])
        await using app = await appOver(harness, far.url, { base, transport: make() })
        const once = `${row.method} ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\n${row.method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`
        const { replies: both } = await talk(
          app.port,
          [once, async (connection) => void (await connection.waitFor('\r\n\r\n')), request(below(base, '/y'))],
          row.method,
        )
        expect(both.map(({ status }) => status)).toEqual([row.status, 200])
        expect(both[0]!.header('etag')).toBe('"e"')
        expect(both[0]!.header('content-length')).toBe(row.length)
        expect(both[0]!.body).toHaveLength(0)
      },
    )

    it('passes the head and each piece on as it comes', async () => {
      let finish = (): void => {}
      await using far = await upstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
        finish = () => response.end('data: 2\n\n')
      })
      await using app = await appOver(harness, far.url, { base, transport: make() })
      await using client = await rawOpen(app.port)
      await client.write(request(below(base, '/x')))
      await client.waitFor('data: 1')
      finish()
      await client.waitFor('data: 2')
    })

    it('H-091 a client that leaves before the head ends the upstream’s work within 100 ms', async () => {
      await using far = await sink(['stall'])
      await using app = await appOver(harness, far.url, { base, transport: make() })
      await using client = await rawOpen(app.port)
      await client.write(request(below(base, '/x')))
      await far.waitForRequests(1)
      client.destroy()
      await within100Ms(() => far.openConnections() === 0)
    })

    it('H-091 a client that leaves mid-download ends the upstream’s work within 100 ms', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'stall'])
      await using app = await appOver(harness, far.url, { base, transport: make() })
      await using client = await rawOpen(app.port)
      await client.write(request(below(base, '/x')))
      await client.waitFor('half')
      client.destroy()
      await within100Ms(() => far.openConnections() === 0)
    })

    it('H-091 H-028 a client that leaves mid-upload breaks the upload within 100 ms', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'])
      await using app = await appOver(harness, far.url, { base, transport: make() })
      await using client = await rawOpen(app.port)
      await client.write(`POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf`)
      await eventually(() => far.requests[0]?.bodyLength === 4)
      client.reset()
      await within100Ms(() => far.openConnections() === 0)
      expect(far.requests).toHaveLength(1)
      expect(far.requests[0]!.complete).toBe(false)
    })
  })

  describe(`${harness.name}: replies of handlers`, () => {
    const answer = async (handler: Handler, method = 'GET') => {
      await using app = await harness.listen(gatewayTo(handler))
      return await ask(app.port, '/x', { method })
    }

    it.each([200, 201, 205, 299, 301, 404, 418, 451, 500, 599, 600, 999])('H-192 says %i', async (status) => {
      expect((await answer(async () => reply(status, status === 205 ? null : 'text'))).status).toBe(status)
    })

    it.each([204, 205, 304])('H-192 says %i even where a handler gave it a body', async (status) => {
      expect((await answer(async () => reply(status, 'not to be sent'))).status).toBe(status)
    })

    it('states the length of what is sent, whatever a filter left standing', async () => {
      const stale = await answer(async () => ({
        status: 200,
        headers: toHeaders({
          'content-length': '3',
          connection: 'x-secret',
          'transfer-encoding': 'chunked',
          'x-secret': 'kept',
        }),
        body: bytesBody('longer than three'),
      }))
      expect(stale.header('content-length')).toBe('17')
      expect(stale.body.toString()).toBe('longer than three')
      expect(stale.header('connection')).toBe('close')
      expect(stale.header('x-secret')).toBe('kept')
    })

    it('writes no field that a filter took away by making it undefined', async () => {
      const plain = await answer(async () => ({
        ...reply(200, 'ok'),
        headers: { ...reply(200, 'ok').headers, 'x-gone': undefined },
      }))
      expect(plain.header('x-gone')).toBeUndefined()
      expect(plain.header('content-type')).toBe('text/plain; charset=utf-8')
    })

    it('H-023 answers 500 for a field that cannot be written, and stays alive', async () => {
      const bad = await answer(async () => ({ ...reply(200, 'ok'), headers: { 'x-good': '1', 'x-bad': 'a\r\nx: y' } }))
      expect(bad.status).toBe(500)
      expect(bad.reason).toBe('Internal Server Error')
      expect([bad.header('x'), bad.header('x-bad'), bad.header('x-good')]).toEqual([undefined, undefined, undefined])
    })
  })
}
