import { gzipSync } from 'node:zlib'
import { createGateway, forward, keepRawBody } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, raw, type Sink, sink, type WireReply } from '../support/index.js'
import { chunked, head, listen, soleRequest, transports } from './edge.js'

type Use = (app: express.Express) => void

const json = '{ "a" : 1, "a": 2,\r\n "b": "\\u00e9" }'
const form = 'a=1&a=2&b=%20+x&__proto__=1'
const binary = Buffer.from([0, 1, 0x0d, 0x0a, 0xff, 0xfe, 0x80])
const multipart = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'

/** A parser of somebody's: reads the request and keeps nothing of it. */
const reader: Use = (app) =>
  app.use((req, _res, next) => {
    req.on('data', () => {}).on('end', next)
  })

const parsers: readonly [
  name: string,
  type: string,
  body: string | Buffer,
  make: (kept: { readonly verify?: typeof keepRawBody }) => Use,
][] = [
  ['express.json', 'application/json', json, (kept) => (app) => app.use(express.json(kept))],
  [
    'express.json, a type with blanks',
    'application/json ; charset=utf-8',
    json,
    (kept) => (app) => app.use(express.json(kept)),
  ],
  [
    'express.json, a string',
    'application/json',
    '"string"',
    (kept) => (app) => app.use(express.json({ ...kept, strict: false })),
  ],
  [
    'express.urlencoded',
    'application/x-www-form-urlencoded',
    form,
    (kept) => (app) => app.use(express.urlencoded(kept)),
  ],
  ['express.raw', 'application/octet-stream', binary, (kept) => (app) => app.use(express.raw(kept))],
  [
    'express.raw on multipart',
    'multipart/form-data; boundary=x',
    multipart,
    (kept) => (app) => app.use(express.raw({ ...kept, type: '*/*' })),
  ],
  ['express.text', 'text/plain', 'caf\u00e9', (kept) => (app) => app.use(express.text(kept))],
]

describe.each(transports)('behind a body parser of Express 5, over $name', ({ make }) => {
  describe.each(parsers)('%s', (_, type, text, parser) => {
    const body = Buffer.from(text as string)

    it('H-029 a consumed body is a 500 that names both ways out, at once', async () => {
      await using upstream = await sink()
      const answer = await post(upstream, parser({}), [`Content-Type: ${type}`], body)
      expect(answer.status).toBe(500)
      expect(answer.body.toString()).toContain('ERR_EDGE_BODY_CONSUMED')
      expect(upstream.requests).toHaveLength(0)
    })

    it.each(['a length', 'chunks'])('H-029 keepRawBody sends the bytes as they came, with %s', async (framing) => {
      await using upstream = await sink()
      const answer = await post(upstream, parser({ verify: keepRawBody }), [`Content-Type: ${type}`], body, framing)
      expect(answer.status).toBe(200)
      const got = soleRequest(upstream)
      expect(got.body).toEqual(body)
      expect(got.header('content-length')).toBe(String(body.length))
      expect(got.header('content-type')).toBe(type)
    })
  })

  it.each([
    ['JSON', 'application/json ; charset=utf-8', '{ "a": [1, "é"] }', '{"a":[1,"é"]}', express.json()],
    ['a JSON type', 'application/vnd.api+json', '{ "a": 1 }', '{"a":1}', express.json({ type: '*/*' })],
    ['a JSON string', 'application/json', ' "é" ', '"é"', express.json({ strict: false })],
    ['a __proto__ key', 'application/json', '{ "__proto__": 1 }', '{"__proto__":1}', express.json()],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=%20', 'a=1&b=+', express.urlencoded()],
  ])('H-029 reserializeBody writes %s out again, with its own length', async (_, type, text, again, parser) => {
    await using upstream = await sink()
    const fields = [`Content-Type: ${type}`, 'Content-MD5: stale', 'Digest: stale', 'Content-Digest: stale']
    const answer = await post(upstream, (app) => app.use(parser), fields, Buffer.from(text), 'a length', true)
    expect(answer.status).toBe(200)
    const got = soleRequest(upstream)
    expect(got.body.toString()).toBe(again)
    expect(['content-md5', 'digest', 'content-digest'].map((name) => got.header(name))).toEqual(
      Array(3).fill(undefined),
    )
  })

  it.each([
    ['a form with a repeated key', 'application/x-www-form-urlencoded', 'a=1&a=2', express.urlencoded()],
    ['a nested form', 'application/x-www-form-urlencoded', 'a[b]=1', express.urlencoded({ extended: true })],
    ['multipart', 'multipart/form-data; boundary=x', multipart, express.raw({ type: '*/*' })],
    ['text', 'text/plain', 'x', express.text()],
    ['a type that is none', 'application/json garbage', '{"a":1}', express.json({ type: () => true })],
  ])('H-029 reserializeBody refuses %s, which would not come back as it was', async (_, type, text, parser) => {
    await using upstream = await sink()
    const fields = [`Content-Type: ${type}`]
    const answer = await post(upstream, (app) => app.use(parser), fields, Buffer.from(text), 'a length', true)
    expect(answer.status).toBe(500)
    expect(upstream.requests).toHaveLength(0)
  })

  it('H-029 reserializeBody refuses a body that somebody read and did not parse', async () => {
    await using upstream = await sink()
    const answer = await post(upstream, reader, ['Content-Type: application/json'], Buffer.from('{}'), 'a length', true)
    expect(answer.status).toBe(500)
    expect(upstream.requests).toHaveLength(0)
  })

  it.each([true, false])(
    'H-029 a compressed body that a parser inflated is not sent as compressed (reserializeBody: %s)',
    async (reserialize) => {
      await using upstream = await sink()
      const fields = ['Content-Type: application/json', 'Content-Encoding: gzip', 'Content-MD5: stale', 'Digest: stale']
      const parser = express.json(reserialize ? {} : { verify: keepRawBody })
      const zipped = gzipSync('{"a":1}')
      const answer = await post(upstream, (app) => app.use(parser), fields, zipped, 'a length', reserialize)
      expect(answer.status).toBe(200)
      const got = soleRequest(upstream)
      expect(got.body.toString()).toBe('{"a":1}')
      expect(got.header('content-length')).toBe('7')
      expect(['content-encoding', 'content-md5', 'digest'].map((name) => got.header(name))).toEqual(
        Array(3).fill(undefined),
      )
    },
  )

  it('H-029 a compressed body that no parser touched passes compressed', async () => {
    await using upstream = await sink()
    const zipped = gzipSync('x'.repeat(1_000))
    const fields = ['Content-Type: text/plain', 'Content-Encoding: gzip', 'Digest: kept']
    await post(upstream, (app) => app.use(express.json()), fields, zipped)
    const got = soleRequest(upstream)
    expect(got.body).toEqual(zipped)
    expect([got.header('content-encoding'), got.header('digest')]).toEqual(['gzip', 'kept'])
  })

  it.each([
    ['multipart', 'multipart/form-data; boundary=x', multipart],
    ['another type', 'text/plain', 'x'],
    ['no type', undefined, 'x'],
  ])('H-029 a body that the parser leaves alone flows as it is: %s', async (_, type, text) => {
    await using upstream = await sink()
    const fields = type === undefined ? [] : [`Content-Type: ${type}`]
    await post(upstream, (app) => app.use(express.json(), express.urlencoded()), fields, Buffer.from(text), 'chunks')
    expect(soleRequest(upstream).body.toString()).toBe(text)
  })

  it.each(['GET', 'POST'])('H-029 a %s without a body passes every parser', async (method) => {
    await using upstream = await sink()
    await using edge = await app(upstream, (use) =>
      use.use(express.json(), express.urlencoded(), express.raw({ type: '*/*' })),
    )
    const bytes = head(`${method} /x HTTP/1.1`, 'Host: a', 'Content-Type: application/json', 'Content-Length: 0')
    const { text } = await raw(edge.port, bytes, { until: afterReplies(1) })
    expect(parseReplies(text)[0]!.status).toBe(200)
    expect(soleRequest(upstream).bodyLength).toBe(0)
  })

  it('H-029 a body that the parser refused never reaches the upstream', async () => {
    await using upstream = await sink()
    const answer = await post(
      upstream,
      (use) => use.use(express.json()),
      ['Content-Type: application/json'],
      Buffer.from('{"a"'),
    )
    expect(answer.status).toBe(400)
    expect(upstream.connections).toHaveLength(0)
  })

  function app(upstream: Sink, use: Use, reserializeBody = false) {
    const handler = forward(upstream.url, { transport: make(), reserializeBody })
    const gateway = createGateway({ routes: [{ path: '/**', handler }] })
    const server = express().set('env', 'test')
    use(server)
    server.use(toExpress(gateway))
    return listen(server, () => gateway.close({ graceMs: 1 }))
  }

  async function post(
    upstream: Sink,
    use: Use,
    fields: readonly string[],
    body: Buffer,
    framing = 'a length',
    reserializeBody = false,
  ): Promise<WireReply> {
    await using edge = await app(upstream, use, reserializeBody)
    const latin1 = body.toString('latin1')
    const bytes =
      framing === 'chunks'
        ? head('POST /x HTTP/1.1', 'Host: a', ...fields, 'Transfer-Encoding: chunked') + chunked(latin1)
        : head('POST /x HTTP/1.1', 'Host: a', ...fields, `Content-Length: ${body.length}`) + latin1
    const result = await raw(edge.port, bytes, { until: afterReplies(1) })
    return parseReplies(result.bytes)[0]!
  }
})
