import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cache, compress, convert, type Filter, transformJson, transformText } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, flat, h2Client, sink, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { gatewayOver, transports } from '../front.js'
import { http2Front } from '../http2/front.js'

const MIB = 1 << 20
const LENGTH = 32 * MIB
const LINES = Buffer.from('{"name":"user","value":"wörds, and more of them"}\n'.repeat(1_000))

/** What flows, and what becomes of it. */
const kinds: readonly { readonly what: string; readonly type: string; readonly grows: number; make(): Filter }[] = [
  {
    what: 'text through a replacement',
    type: 'text/html',
    grows: 0,
    make: () => transformText({ reply: { replace: [{ find: 'user', with: 'edge' }] } }),
  },
  {
    what: 'text through a regular expression',
    type: 'text/html',
    grows: 0,
    make: () => transformText({ reply: { replace: [{ find: /\bw[^,]*s\b/, with: 'wörds' }] } }),
  },
  {
    what: 'text through a generator',
    type: 'text/html',
    grows: 0,
    make: () => transformText({ reply: { map: (text) => text } }),
  },
  {
    what: 'lines into an array',
    type: 'application/x-ndjson',
    grows: 1,
    make: () => convert({ reply: { from: 'ndjson', to: 'json' } }),
  },
  {
    what: 'records into an array',
    type: 'text/csv',
    grows: 0,
    make: () => convert({ reply: { from: 'csv', to: 'json', columns: ['a'], delimiter: '|' } }),
  },
]

/** Without quotes, which mean something in a record. */
const contentOf = (type: string): Buffer =>
  type === 'text/csv' ? Buffer.from(LINES.toString().replaceAll('"', '')) : LINES

describe.each(kinds)('$what', ({ type, make, grows }) => {
  const endless = async (): Promise<{ readonly url: string; sent: number } & AsyncDisposable> => {
    const block = contentOf(type)
    const source = {
      url: '',
      sent: 0,
      [Symbol.asyncDispose]: () => far[Symbol.asyncDispose](),
    }
    function* blocks(): Generator<Buffer> {
      for (; source.sent < LENGTH; source.sent += block.length) yield block
    }
    const far = await upstream(async (_request, response) => {
      response.writeHead(200, { 'content-type': type })
      await pipeline(Readable.from(blocks(), { objectMode: false }), response).catch(() => {})
    })
    return Object.assign(source, { url: far.url })
  }

  const opened = async (port: number): Promise<IncomingMessage> => {
    const request = http.get({ host: '127.0.0.1', port, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }

  it('H-157 flows in memory that stays flat, to its end', async () => {
    await using far = await endless()
    await using front = await gatewayOver(transports[0]![1](), [far.url], { gateway: { filters: [make()] } })
    const response = await opened(front.port)
    let got = 0
    let last = ''
    await flat(
      async () => {
        for await (const part of response as AsyncIterable<Buffer>) {
          got += part.length
          last = part.subarray(-2).toString()
        }
      },
      { limit: 12 * MIB, rssLimit: 64 * MIB, intervalMs: 250 },
    )
    expect(got).toBeGreaterThanOrEqual(far.sent * 0.9)
    expect(last.endsWith(type.startsWith('text/html') ? '\n' : ']')).toBe(true)
    if (type === 'application/x-ndjson') expect(got).toBe(far.sent + grows)
    await front.atRest()
  }, 60_000)

  it('H-157 H-168 is held back for a client that does not read, and let go when it leaves', async () => {
    await using far = await endless()
    await using front = await gatewayOver(transports[0]![1](), [far.url], { gateway: { filters: [make()] } })
    const response = await opened(front.port)
    let looked = -1
    let still = 0
    await eventually(
      () => {
        still = far.sent === looked ? still + 1 : 0
        looked = far.sent
        return still === 5
      },
      { intervalMs: 40, timeoutMs: 10_000 },
    )
    // What sockets hold on both ways, and little else.
    expect(far.sent).toBeLessThan(24 * MIB)
    response.destroy()
    await front.atRest()
    expect(far.sent).toBeLessThan(32 * MIB)
  }, 60_000)
})

describe.each(transports)('a request changed whole, over %s', (_name, make) => {
  it('can be sent again to another endpoint', async () => {
    await using bad = await sink(['waitBody', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'])
    await using good = await sink()
    const filters = [transformJson({ request: { set: { '/b': 2 } } })]
    await using front = await gatewayOver(make(), [bad.url, good.url], {
      gateway: { filters },
      pool: { health: { passive: false }, retryBudget: { minPerSecond: 1_000 } },
      forward: { retry: { on: [503], methods: ['POST'], backoffMs: 1 } },
    })
    const headers = { 'content-type': 'application/json' }
    for (let at = 0; at < 2; at++)
      expect((await ask(front.port, '/', { method: 'POST', headers, body: '{"a":1}' })).status).toBe(200)
    expect(good.requests.map(({ body }) => body.toString())).toEqual(['{"a":1,"b":2}', '{"a":1,"b":2}'])
    expect(bad.requests.length).toBeGreaterThan(0)
  })
})

describe('a reply changed behind compress() and cache()', () => {
  it('is stored and compressed as it became, and confirmed by its weak tag', async () => {
    let hits = 0
    await using far = await upstream((request, response) => {
      hits++
      expect(request.headers['accept-encoding']).toBe('identity')
      const fields = { 'content-type': 'text/html', etag: '"v1"', 'cache-control': 'max-age=0, must-revalidate' }
      if (request.headers['if-none-match'] === undefined) response.writeHead(200, fields).end('a'.repeat(5_000))
      else response.writeHead(304, fields).end()
    })
    const filters = [compress(), cache(), transformText({ reply: { replace: [{ find: 'a', with: 'bc' }] } })]
    await using front = await gatewayOver(transports[0]![1](), [far.url], { gateway: { filters } })
    const headers = { 'accept-encoding': 'gzip' }
    const first = await ask(front.port, '/', { headers })
    const plain = await ask(front.port)
    expect([first.headers['content-encoding'], first.headers.etag]).toEqual(['gzip', 'W/"v1"'])
    expect([plain.body, plain.headers.etag]).toEqual(['bc'.repeat(5_000), 'W/"v1"'])
    const again = await ask(front.port, '/', { headers: { ...headers, 'if-none-match': 'W/"v1"' } })
    expect([again.status, again.headers.etag, hits]).toEqual([304, 'W/"v1"', 3])
  })
})

describe('over HTTP/2', () => {
  it('H-156 H-160 bodies are changed, and refused, alike', async () => {
    await using far = await upstream()
    const filters = [transformJson({ request: { set: { '/b': 2 } }, reply: { set: { '/c': 3 } } })]
    await using front = await http2Front(far.url, { gateway: { filters } })
    await using client = h2Client(front.port)
    const headers = { 'content-type': 'application/json' }
    const answer = await client.ask('/', { method: 'POST', headers, body: '{"a":1e400}' })
    expect(JSON.parse(answer.body)).toMatchObject({ body: '{"a":1e400,"b":2}', c: 3 })
    const refused = await client.ask('/', { method: 'POST', headers, body: '{"a":1,"a":2}' })
    expect([refused.status, refused.headers['content-type']]).toEqual([400, 'application/problem+json'])
    const tooLong = await client.ask('/', { method: 'POST', headers, body: `"${'x'.repeat(MIB)}"` })
    expect([tooLong.status, far.hits]).toEqual([413, 1])
  })
})
