import { once } from 'node:events'
import http from 'node:http'
import type { Transform } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  gzipSync,
} from 'node:zlib'
import { type CompressOptions, compose, compress, decompress, type Filter, type Transport } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, sink, type UpstreamHandler, upstream } from '../../support/index.js'
import type { App, AppOptions, Harness } from '../harness/harness.js'
import { ask, forwarder, gatewayTo, request, said, talk, transports, within100Ms } from './kit.js'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  zstd: createZstdDecompress,
  br: createBrotliDecompress,
  gzip: createGunzip,
  deflate: createInflate,
}
const PAGE = '<li class="item">an item of a list</li>\n'.repeat(2_000)
const gzip = 'Accept-Encoding: gzip\r\n'

/** A response as a stream of what it decodes to. */
async function opened(port: number, coding: string): Promise<{ response: http.IncomingMessage; plain: Transform }> {
  const asked = http.get({ host: '127.0.0.1', port, path: '/x', agent: false, headers: { 'accept-encoding': coding } })
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage]
  const plain = DECODERS[response.headers['content-encoding'] ?? '']!()
  return { response, plain: response.pipe(plain) }
}

async function textOf(stream: Transform): Promise<string> {
  let text = ''
  for await (const part of stream) text += part
  return text
}

/** Bodies whose coding changes on their way through a framework. */
export function compression(harness: Harness): void {
  const behind = (filter: Filter, url: string, transport?: Transport, options: AppOptions = {}): Promise<App> =>
    harness.listen(gatewayTo(compose(filter, forwarder(url, transport))), options)

  const page: UpstreamHandler = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/html', etag: '"v1"', 'accept-ranges': 'bytes' }).end(PAGE)

  describe.each(transports)(`${harness.name} over $transport: compress`, ({ make }) => {
    it.each(['zstd', 'br', 'gzip', 'deflate'])('H-161 H-164 H-165 H-166 sends %s to who takes it', async (coding) => {
      await using far = await upstream(page)
      await using app = await behind(compress(), far.url, make())
      const { response, plain } = await opened(app.port, coding)
      expect(response.headers).toMatchObject({
        'content-encoding': coding,
        'transfer-encoding': 'chunked',
        vary: 'Accept-Encoding',
        etag: 'W/"v1"',
      })
      expect(response.headers['content-length']).toBeUndefined()
      expect(response.headers['accept-ranges']).toBeUndefined()
      expect(await textOf(plain)).toBe(PAGE)
    })

    it('H-090 an upstream that dies mid-body breaks the message, and what came of it has no end', async () => {
      const half = PAGE.slice(0, 40_000)
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'
      for (const bytes of [
        `${head}Content-Length: 100000\r\n\r\n${half}`,
        `${head}Transfer-Encoding: chunked\r\n\r\n9c40\r\n${half}\r\n`,
      ]) {
        for (const end of ['end', 'reset'] as const) {
          await using far = await sink(['waitBody', bytes, 60, end])
          await using app = await behind(compress(), far.url, make())
          const { bytes: got, ended } = await talk(app.port, `GET /x HTTP/1.1\r\nHost: a\r\n${gzip}\r\n`)
          expect(ended).not.toBe('open')
          expect(got.toString('latin1')).toMatch(/content-encoding: gzip/i)
          expect(got.subarray(-5).toString('latin1')).not.toBe('0\r\n\r\n')
          await eventually(() => far.openConnections() === 0)
        }
      }
    })

    it('H-168 a client that leaves ends the upstream’s work within 100 ms', async () => {
      await using far = await sink([
        'waitBody',
        `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n${PAGE}`,
        'stall',
      ])
      await using app = await behind(compress(), far.url, make())
      await using client = await rawOpen(app.port)
      await client.write(`GET /x HTTP/1.1\r\nHost: a\r\n${gzip}\r\n`)
      await client.waitFor('\r\n\r\n')
      client.destroy()
      await within100Ms(() => far.openConnections() === 0)
    })

    it.each(['zstd', 'br', 'gzip', 'deflate'])(
      'H-167 events come through %s one by one, each within 50 ms',
      async (coding) => {
        let stream: http.ServerResponse | undefined
        await using far = await upstream((_request, response) => {
          stream = response
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 0\n\n')
        })
        await using app = await behind(compress({ eventStreams: true, flushAfterMs: false }), far.url, make())
        const { response, plain } = await opened(app.port, coding)
        let text = ''
        plain.on('data', (part: Buffer) => {
          text += part
        })
        const times: number[] = []
        for (let at = 0; at < 7; at++) {
          const written = performance.now()
          if (at > 0) stream!.write(`data: ${at}\n\n`)
          await eventually(() => text.includes(`data: ${at}\n\n`), { intervalMs: 1 })
          times.push(performance.now() - written)
        }
        // The median: what else the machine does meanwhile does not count.
        expect(times.toSorted((a, b) => a - b)[3]).toBeLessThan(50)
        response.destroy()
      },
    )
  })

  describe(`${harness.name}: compress`, () => {
    const answered = async (
      options: CompressOptions,
      handler: UpstreamHandler,
      ...asked: Parameters<typeof ask> extends [number, ...infer R] ? R : never
    ) => {
      await using far = await upstream(handler)
      await using app = await behind(compress(options), far.url)
      return await ask(app.port, ...asked)
    }

    it('a stream that pauses is seen up to there', async () => {
      let finish = (): void => {}
      await using far = await upstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).write('<p>first</p>')
        finish = () => response.end('<p>last</p>')
      })
      await using app = await behind(compress(), far.url)
      const { plain } = await opened(app.port, 'br')
      let text = ''
      plain.on('data', (part: Buffer) => {
        text += part
      })
      await eventually(() => text === '<p>first</p>')
      finish()
      await eventually(() => text === '<p>first</p><p>last</p>')
    })

    it('H-166 an HTTP/1.0 client gets it up to the end of its connection', async () => {
      await using far = await upstream(page)
      await using app = await behind(compress(), far.url)
      const { reply, ended } = await talk(app.port, `GET /x HTTP/1.0\r\nHost: a\r\n${gzip}\r\n`)
      expect([
        reply.header('content-encoding'),
        reply.header('transfer-encoding'),
        reply.header('content-length'),
        ended,
      ]).toEqual(['gzip', undefined, undefined, 'closed'])
      expect(gunzipSync(reply.body).toString()).toBe(PAGE)
    })

    it('H-166 trailers stay behind it', async () => {
      const trailing: UpstreamHandler = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html', trailer: 'X-Sum' }).write(PAGE)
        response.addTrailers({ 'X-Sum': '42' })
        response.end()
      }
      await using far = await upstream(trailing)
      await using app = await behind(compress(), far.url, undefined, { direct: true })
      const answer = await ask(app.port, '/x', { fields: gzip })
      expect(gunzipSync(answer.body).toString()).toBe(PAGE)
      expect(answer.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([['x-sum', '42']])
    })

    it('H-163 a HEAD is told what a GET would be', async () => {
      const sized: UpstreamHandler = (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(PAGE), etag: '"v1"' })
          .end(PAGE)
      const told = async (method: string): Promise<unknown> => {
        const { headers } = await answered({}, sized, '/x', { method, fields: gzip })
        const names = ['content-type', 'content-encoding', 'content-length', 'etag', 'vary']
        return headers
          .filter(([name]) => names.includes(name.toLowerCase()))
          .map(([name, value]) => [name.toLowerCase(), value])
      }
      expect(await told('HEAD')).toEqual(await told('GET'))
    })

    it('H-165 who comes back with the weak tag gets a 304 with that tag', async () => {
      const conditional: UpstreamHandler = (request, response) => {
        const matches = request.headers['if-none-match']?.replace('W/', '') === '"v1"'
        response.writeHead(matches ? 304 : 200, { 'content-type': 'text/html', etag: '"v1"' }).end(matches ? '' : PAGE)
      }
      const first = await answered({}, conditional, '/x', { fields: gzip })
      const etag = first.header('etag')
      const again = await answered({}, conditional, '/x', { fields: `${gzip}If-None-Match: ${etag}\r\n` })
      expect([first.status, etag, again.status, again.header('etag'), again.header('vary')]).toEqual([
        200,
        'W/"v1"',
        304,
        'W/"v1"',
        'Accept-Encoding',
      ])
    })

    it.each([
      ['encoded', { 'content-encoding': 'br' }],
      ['encoded as identity', { 'content-encoding': 'identity' }],
      ['partial', { 'content-range': 'bytes 0-1/9' }],
      ['not to be changed', { 'cache-control': 'no-transform' }],
      ['a picture', { 'content-type': 'image/png' }],
    ])('H-162 H-163 what is %s passes byte for byte', async (_what, fields) => {
      const answer = await answered(
        {},
        (_request, response) => void response.writeHead(200, { 'content-type': 'text/html', ...fields }).end(PAGE),
        '/x',
        { fields: gzip },
      )
      expect(answer.body.toString()).toBe(PAGE)
      expect(answer.header('content-encoding')).toBe((fields as Record<string, string>)['content-encoding'])
      expect(answer.header('vary')).toBeUndefined()
    })
  })

  describe(`${harness.name}: decompress`, () => {
    const zipped = gzipSync(PAGE)
    const answering =
      (body: Uint8Array, coding = 'gzip'): UpstreamHandler =>
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': coding }).end(body)

    it('H-166 a reply arrives plain, with fields to match', async () => {
      await using far = await upstream(answering(zipped))
      await using app = await behind(decompress(), far.url)
      const answer = await ask(app.port, '/x', { fields: gzip })
      expect(answer.body.toString()).toBe(PAGE)
      expect(answer.header('content-encoding')).toBeUndefined()
    })

    it('H-159 what is corrupt or unknown is a 502, and the upstream’s connection is let go', async () => {
      for (const handler of [
        answering(Buffer.from('no gzip')),
        answering(zipped, 'compress'),
        answering(zipped, 'gzip, gzip, gzip'),
      ]) {
        await using far = await upstream(handler)
        await using app = await behind(decompress(), far.url)
        expect((await ask(app.port, '/x')).status).toBe(502)
      }
    })

    it('H-158 H-159 a bomb, and what is cut, break the message off', async () => {
      for (const body of [gzipSync(Buffer.alloc(64 << 20)), zipped.subarray(0, -4)]) {
        await using far = await upstream(answering(body))
        await using app = await behind(decompress(), far.url)
        const { bytes, ended } = await talk(app.port, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 'GET')
        expect(ended).not.toBe('open')
        expect(bytes.subarray(-5).toString('latin1')).not.toBe('0\r\n\r\n')
        expect(bytes.length).toBeLessThan(20 << 20)
      }
    })

    it.each([
      { coding: 'gzip', what: 'a page', body: zipped, status: 200 },
      { coding: 'gzip', what: 'plain text', body: Buffer.from('no gzip'), status: 400 },
      { coding: 'gzip', what: 'a page that is cut', body: zipped.subarray(0, -4), status: 400 },
      { coding: 'gzip', what: 'a bomb', body: gzipSync(Buffer.alloc(64 << 20)), status: 413 },
      { coding: 'compress', what: 'who knows what', body: zipped, status: 415 },
      { coding: 'gzip, gzip, gzip', what: 'a chain', body: zipped, status: 415 },
    ])('H-157 H-158 H-159 a request with $what in $coding is a $status', async ({ coding, body, status }) => {
      await using far = await upstream()
      await using app = await behind(decompress({ requests: true }), far.url)
      const head = request('/x', {
        method: 'POST',
        fields: `Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n`,
      })
      const { reply } = await talk(app.port, [Buffer.concat([Buffer.from(head), body])] as never, 'POST')
      expect(reply.status).toBe(status)
      if (status === 200) expect(said(reply).body).toBe(PAGE)
      expect(far.requests.filter(({ outcome }) => outcome === 'done')).toHaveLength(status === 200 ? 1 : 0)
    })
  })
}
