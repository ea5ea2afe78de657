import { compose, convert, type Filter, type Transport, transformJson, transformText } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, rawOpen, sink, upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { App, AppOptions, Harness } from '../harness/harness.js'
import { ask, forwarder, gatewayTo, said, talk, transports, within100Ms } from './kit.js'

const json = 'Content-Type: application/json\r\n'
const tidy = (): Filter =>
  transformJson({
    request: { set: { '/tenant': 'ü' } },
    reply: { remove: ['/secret'], set: { '/edge': true } },
    maxBytes: 65_536,
  })
const words = (): Filter => transformText({ reply: { replace: [{ find: 'müde', with: 'wach' }] } })
const lines = (): Filter => convert({ request: { from: 'ndjson', to: 'json' }, reply: { from: 'ndjson', to: 'json' } })

/** Bodies that become others on their way through a framework. */
export function transforming(harness: Harness): void {
  const behind = (filter: Filter, url: string, transport?: Transport, options: AppOptions = {}): Promise<App> =>
    harness.listen(gatewayTo(compose(filter, forwarder(url, transport))), options)

  describe.each(transports)(`${harness.name} over $transport: transforming`, ({ make }) => {
    it('H-156 H-160 JSON goes there and comes back changed, each with its own length', async () => {
      const reply = '{"id":12345678901234567890,"secret":1}'
      const bytes = `HTTP/1.1 200 OK\r\n${json}ETag: "a"\r\nContent-MD5: x\r\nContent-Length: ${reply.length}\r\n\r\n${reply}`
      await using far = await sink(['waitBody', bytes])
      await using app = await behind(tidy(), far.url, make())
      const sent = '{"a":1e400}'
      const chunked = `${json}Transfer-Encoding: chunked\r\n\r\n5\r\n${sent.slice(0, 5)}\r\n6\r\n${sent.slice(5)}\r\n0\r\n\r\n`
      const sized = `${json}Content-Length: ${sent.length}\r\n\r\n${sent}`
      for (const [at, rest] of [chunked, sized].entries()) {
        const head = 'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\nRange: bytes=0-1\r\n'
        const { reply: answer } = await talk(app.port, head + rest, 'POST')
        expect([answer.body.toString(), answer.header('etag'), answer.header('content-md5')]).toEqual([
          '{"id":12345678901234567890,"edge":true}',
          'W/"a"',
          undefined,
        ])
        expect(answer.header('content-length')).toBe(String(answer.body.length))
        const request = far.requests[at]!
        const body = '{"a":1e400,"tenant":"ü"}'
        expect(request.body.toString()).toBe(body)
        expect(request.header('content-length')).toBe(String(Buffer.byteLength(body)))
        expect([request.header('accept-encoding'), request.header('range')]).toEqual(['identity', undefined])
      }
    })

    it('H-156 text is found across chunks that cut its characters, and an upstream that dies breaks it off', async () => {
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n'
      const [first, second] = [Buffer.from('<p>m\u00c3', 'latin1'), Buffer.from('\u00bcde m', 'latin1')]
      const chunk = (bytes: Buffer): Buffer =>
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
      for (const end of [['0\r\n\r\n'], ['end'], ['reset']] as const) {
        await using far = await sink(['waitBody', head, chunk(first), 20, chunk(second), 20, ...end])
        await using app = await behind(words(), far.url, make())
        const { bytes, ended } = await talk(app.port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        const text = bytes.toString()
        expect(text.slice(text.indexOf('\r\n\r\n')).replace(/\r\n(?:[0-9a-f]+\r\n)?/gi, '')).toBe(
          end[0] === '0\r\n\r\n' ? '<p>wach m' : '<p>wach ',
        )
        expect([ended !== 'open', text.endsWith('0\r\n\r\n')]).toEqual([true, end[0] === '0\r\n\r\n'])
      }
    })

    it('H-168 a client that leaves ends the upstream’s work within 100 ms', async () => {
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n'
      await using far = await sink(['waitBody', `${head}1\n2\n`, 'stall'])
      await using app = await behind(lines(), far.url, make())
      await using client = await rawOpen(app.port)
      await client.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.waitFor('[1,2')
      client.destroy()
      await within100Ms(() => far.openConnections() === 0)
    })

    it('lines of an upload flow into an array, and one that is none breaks the upload off', async () => {
      await using far = await upstream()
      await using app = await behind(lines(), far.url, make())
      const fields = 'Content-Type: application/x-ndjson\r\n'
      const answer = await ask(app.port, '/x', { method: 'POST', fields, body: '1\n{"a":2}\n' })
      expect(said(answer).body).toBe('[1,{"a":2}]')
      expect(said(answer).headers['content-type']).toBe('application/json')
      const refused = await ask(app.port, '/x', { method: 'POST', fields, body: `${'1\n'.repeat(10)}]\n` })
      expect(refused.status).toBe(400)
      expect(far.requests.filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
    })
  })

  describe(`${harness.name}: transforming`, () => {
    it.each([
      ['no JSON', '{"a":', 400],
      ['too long', `"${'x'.repeat(65_535)}"`, 413],
      ['twice the same name', '{"a":1,"a":2}', 400],
      ['too deep', '['.repeat(10_000), 400],
    ])('H-157 H-160 a request that is %s never gets there', async (_what, body, status) => {
      await using far = await upstream()
      await using app = await behind(tidy(), far.url)
      const answer = await ask(app.port, '/x', { method: 'POST', fields: json, body })
      expect([answer.status, answer.header('content-type'), answer.header('cache-control')]).toEqual([
        status,
        'application/problem+json',
        'no-store',
      ])
      expect(JSON.parse(answer.body.toString()).status).toBe(status)
      expect(far.hits).toBe(0)
    })

    it('H-003 the body of a request that is too long is no request', async () => {
      await using far = await upstream()
      await using app = await behind(tidy(), far.url)
      const evil = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4_000)
      const head = `POST /x HTTP/1.1\r\nHost: a\r\n${json}Content-Length: ${evil.length}\r\n\r\n`
      const { replies } = await talk(app.port, head + evil, 'POST', { hold: 300 })
      expect([replies.map(({ status }) => status), far.hits]).toEqual([[413], 0])
    })

    it.each([
      ['no JSON', '{"a":', ''],
      ['a name twice', '{"a":1,"a":2}', ''],
      ['too long', `"${'x'.repeat(65_536)}"`, ''],
      ['no gzip', '{}', 'Content-Encoding: gzip\r\n'],
    ])('H-156 H-157 H-160 a reply that is %s is a 502, and its connection is let go', async (_what, body, fields) => {
      await using far = await sink([
        'waitBody',
        `HTTP/1.1 200 OK\r\n${json}${fields}Content-Length: ${body.length}\r\n\r\n${body}`,
      ])
      await using app = await behind(tidy(), far.url)
      const answer = await ask(app.port, '/x')
      expect([answer.status, answer.header('content-encoding')]).toEqual([502, undefined])
      expect(answer.body.toString()).toMatch(/^502 ERR_EDGE_/)
    })

    it.each([
      ['a part', '206 Partial Content', 'Content-Range: bytes 0-11/20\r\n'],
      ['what must not be transformed', '200 OK', 'Cache-Control: no-transform\r\n'],
      ['another type', '200 OK', 'Content-Type: text/plain\r\n'],
    ])('H-156 %s passes byte for byte', async (_what, status, fields) => {
      const type = fields.startsWith('Content-Type') ? '' : json
      const body = '{"secret":1}'
      const bytes = `HTTP/1.1 ${status}\r\n${type}${fields}ETag: "a"\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      await using far = await sink(['waitBody', bytes])
      await using app = await behind(tidy(), far.url)
      const answer = await ask(app.port, '/x')
      expect([answer.body.toString(), answer.header('etag'), answer.header('content-length')]).toEqual([
        body,
        '"a"',
        '12',
      ])
    })

    it('H-156 a HEAD and a 304 have no body, and the fields of what a GET gets', async () => {
      const fields = `${json}ETag: "a"\r\nContent-Length: 12\r\nAccept-Ranges: bytes\r\n\r\n`
      for (const [method, status] of [
        ['HEAD', '200 OK'],
        ['GET', '304 Not Modified'],
      ] as const) {
        await using far = await sink([
          'waitBody',
          `HTTP/1.1 ${status}\r\n${method === 'HEAD' ? fields : 'ETag: "a"\r\n\r\n'}`,
        ])
        await using app = await behind(tidy(), far.url)
        const answer = await ask(app.port, '/x', { method, fields: 'If-None-Match: W/"a"\r\n' })
        expect([answer.body.length, answer.header('etag'), answer.header('accept-ranges')]).toEqual([
          0,
          'W/"a"',
          undefined,
        ])
        expect(answer.header('content-length')).toBeUndefined()
      }
    })

    it('H-156 trailers stay behind a reply that was held', async () => {
      const bytes = `HTTP/1.1 200 OK\r\n${json}Trailer: X-Took\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Took: 1\r\nDigest: x\r\n\r\n`
      await using far = await sink(['waitBody', bytes])
      await using app = await behind(tidy(), far.url, undefined, { direct: true })
      const answer = await ask(app.port, '/x')
      expect(answer.body.toString()).toBe('{"edge":true}')
      expect(answer.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([['x-took', '1']])
    })

    it('upgrades pass', async () => {
      await using far = await wsEcho()
      await using app = await behind(tidy(), far.url.replace('ws', 'http'))
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}/x`)
      socket.send('{"secret":1}')
      expect(await nextMessage(socket)).toBe('{"secret":1}')
      socket.terminate()
    })

    it('a handler of the user’s that throws is the framework’s to answer, and the upstream is let go', async () => {
      await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\n${json}Content-Length: 2\r\n\r\n{}`])
      const map = (): never => {
        throw new TypeError('boom')
      }
      await using app = await behind(transformJson({ reply: { map } }), far.url)
      const answer = await ask(app.port, '/x')
      expect([answer.status, answer.body.toString(), app.errors.length]).toEqual([500, 'framework: boom', 1])
      await eventually(() => far.requests[0]!.complete)
    })
  })
}
