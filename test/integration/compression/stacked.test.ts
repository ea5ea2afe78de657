import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createGzip, gunzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import compression from 'compression'
import { compose, compress, decompress, forward, type Handler, reply } from 'edgewise'
import { toExpress } from 'edgewise/express'
import { toHono } from 'edgewise/hono'
import { toKoa } from 'edgewise/koa'
import express from 'express'
import express4 from 'express-4'
import { Hono } from 'hono'
import { compress as honoCompress } from 'hono/compress'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { parseReplies, raw, upstream, type WireReply } from '../../support/index.js'

const PAGE = '<p>a page that shrinks</p>\n'.repeat(3_000)
const SHORT = '<p>short</p>'.repeat(20)

/** What a framework's app is asked through: a server that is closed with the test. */
async function listen(app: RequestListener): Promise<{ port: number } & AsyncDisposable> {
  const server: Server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function get(port: number, fields = 'Accept-Encoding: gzip\r\n'): Promise<WireReply> {
  const { bytes } = await raw(port, `GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`, { hold: 1_000 })
  return parseReplies(bytes, { methods: ['GET'], closed: true })[0]!
}

/** Decoded as often as it says, which must be once, with one of each field that frames it. */
function once(answer: WireReply): string {
  for (const name of ['content-encoding', 'vary', 'etag', 'content-length', 'transfer-encoding'])
    expect(answer.headers.filter(([each]) => each.toLowerCase() === name).length).toBeLessThanOrEqual(1)
  expect(answer.header('content-encoding')).toBe('gzip')
  return gunzipSync(answer.body).toString()
}

const fields = { 'content-type': 'text/html', etag: '"v1"', vary: 'Origin' }
const long: Handler = async () => reply(200, PAGE, fields)
const streamed: Handler = async () => reply(200, Readable.from([PAGE.slice(0, 30_000), PAGE.slice(30_000)]), fields)
const cookies: Handler = async () => reply(200, PAGE, { ...fields, 'set-cookie': ['a=1', 'b=2'] })
const ours = [
  ['all at once', long],
  ['a stream', streamed],
  ['with two cookies', cookies],
] as const

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as never as typeof express],
])('H-171 inside expressjs/compression on %s', (_name, framework) => {
  it.each(ours)('what we compress is compressed once (%s)', async (_what, handler) => {
    const app = framework()
      .use(compression())
      .use(toExpress(compose(compress(), handler)))
    await using front = await listen(app)
    const answer = await get(front.port)
    expect(once(answer)).toBe(PAGE)
    expect([answer.header('vary'), answer.header('etag')]).toEqual(['Origin, Accept-Encoding', 'W/"v1"'])
    if (handler === cookies) expect(answer.header('set-cookie')).toBe('a=1, b=2')
  })

  it.each(ours)('what we leave to it is compressed once (%s)', async (_what, handler) => {
    const inner = compose(compress({ encodings: ['zstd'] }), handler)
    await using front = await listen(framework().use(compression()).use(toExpress(inner)))
    const answer = await get(front.port)
    expect(once(answer)).toBe(PAGE)
    expect(answer.header('vary')).toBe('Origin, Accept-Encoding')
  })

  it('an upstream that runs it, too, is passed through as it is', async () => {
    const app = framework().use(compression({ threshold: 0 }))
    app.get('/x', (_req, res) => void res.type('html').send(PAGE))
    await using far = await listen(app)
    const inner = compose(compress(), forward(`http://127.0.0.1:${far.port}`))
    const edge = toExpress(inner)
    await using front = await listen(framework().use(compression()).use(edge))
    expect(once(await get(front.port))).toBe(PAGE)
    await edge.close({ graceMs: 0 })
  })

  it('decompresses inside of it, which compresses again', async () => {
    await using far = await upstream(zipped)
    const edge = toExpress(compose(decompress(), forward(far.url)))
    await using front = await listen(
      framework()
        .use(compression({ threshold: 0 }))
        .use(edge),
    )
    expect(once(await get(front.port))).toBe(SHORT)
    await edge.close({ graceMs: 0 })
  })
})

/** What koa-compress does: a stream in place of the body, unless that is encoded already. */
const koaCompress: Koa.Middleware = async (ctx, next) => {
  ctx.vary('Accept-Encoding')
  await next()
  if (ctx.response.headers['content-encoding'] !== undefined || ctx.acceptsEncodings('gzip') !== 'gzip') return
  const { body } = ctx
  ctx.set('content-encoding', 'gzip')
  ctx.remove('content-length')
  const gzip = createGzip()
  ctx.body = gzip
  if (body instanceof Readable) body.pipe(gzip)
  else gzip.end(body as Buffer)
}

describe('H-171 inside a compressor on Koa', () => {
  it.each(ours)('one of both compresses (%s)', async (_what, handler) => {
    for (const encodings of [['gzip'], ['zstd']] as const) {
      const app = new Koa().use(koaCompress).use(toKoa(compose(compress({ encodings }), handler)))
      await using front = await listen(app.callback())
      expect(once(await get(front.port))).toBe(PAGE)
    }
  })
})

describe('H-171 inside hono/compress', () => {
  it.each(ours)('one of both compresses, though a Response cannot be changed (%s)', async (_what, handler) => {
    for (const encodings of [['gzip'], ['zstd']] as const) {
      const app = new Hono().use(honoCompress()).use(toHono(compose(compress({ encodings }), handler)) as never)
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
      await new Promise((resolve) => server.once('listening', resolve))
      try {
        expect(once(await get((server.address() as AddressInfo).port))).toBe(PAGE)
      } finally {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    }
  })
})

describe('H-162 two of ours in one chain', () => {
  it('compress once', async () => {
    await using front = await listen(toExpress(compose(compress(), compress(), long)) as never)
    expect(once(await get(front.port))).toBe(PAGE)
  })

  it('compress again what was decompressed further in', async () => {
    await using far = await upstream(zipped)
    const edge = toExpress(compose(compress({ threshold: 0 }), decompress(), forward(far.url)))
    await using front = await listen(edge as never)
    expect(once(await get(front.port))).toBe(SHORT)
    await edge.close({ graceMs: 0 })
  })
})

function zipped(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
  const gzip = createGzip()
  gzip.pipe(response)
  gzip.end(SHORT)
}
