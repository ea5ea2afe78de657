import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import {
  compose,
  decompress,
  type EdgeEvents,
  events,
  exchangeOf,
  handOver,
  jsonLimits,
  keepRawBody,
  openapi,
  operationOf,
  validateJson,
  xmlLimits,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { eventually, flat, oneMessage, raw, rawOpen, sink, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'

const status = (text: string): number => Number(text.slice(9, 12))
const user = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
const head = (method: string, fields: string): string =>
  `${method} /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${fields}\r\n`
const posted = (body: string, fields = ''): string =>
  head('POST', `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}`) + body

describe.each(transports)('validators over %s', (_name, make) => {
  it('what came in chunks goes on as one message of one length, and nothing behind it', async () => {
    await using far = await sink()
    const filters = [jsonLimits(), validateJson({ body: user })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const body = '{ "name":"a" }'
    const bytes = `${head('POST', 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n')}e\r\n${body}\r\n0\r\n\r\n`
    await raw(front.port, bytes, { until: 'ok' })
    const got = oneMessage(far.connections[0]!.received)
    expect([got.header('content-length'), got.header('transfer-encoding'), got.body.toString()]).toEqual([
      '14',
      undefined,
      body,
    ])
  })

  it('a reply that does not match is never begun, its lease comes back, and the endpoint is told well', async () => {
    await using far = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"secret":')
      setTimeout(() => response.end('1}'), 20)
    })
    const told: EdgeEvents['invalidReply'][] = []
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters: [validateJson({ reply: user })] } })
    // The filter tells the shared hub unless given one.
    const off = events.on('invalidReply', (event) => told.push(event))
    const { text } = await raw(front.port, head('GET', ''), { hold: 3_000, timeoutMs: 10_000 })
    off()
    expect(status(text)).toBe(502)
    expect(text).not.toContain('secret')
    expect(told.map(({ status, filter, why }) => [status, filter, why])).toEqual([
      [200, 'validateJson', 'reply: #/required'],
    ])
    await front.atRest()
    expect(front.outcomes.at(-1)?.error?.code).toBe('ERR_EDGE_INVALID_REPLY')
  })

  it('H-157 a reply without end is a 502 as soon as it is too long, in flat memory', async () => {
    let sent = 0
    await using far = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const pour = (): void => {
        sent += 64 * 1024
        if (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x20))) setImmediate(pour)
      }
      response.on('drain', pour)
      pour()
    })
    const filters = [validateJson({ reply: user, maxReplyBytes: 256 * 1024 })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    await flat(async () => {
      for (let round = 0; round < 4; round++)
        expect(status((await raw(front.port, head('GET', ''), { hold: 3_000, timeoutMs: 10_000 })).text)).toBe(502)
    })
    expect(front.outcomes.at(-1)?.error?.message).toContain('longer than 262144 bytes')
    expect(sent).toBeLessThan(4 * 8 * 1024 * 1024)
    await front.atRest()
  })

  it('a report streams on what is too long to be read', async () => {
    const long = `"${'a'.repeat(300_000)}"`
    await using far = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(long)
    })
    const filters = [validateJson({ reply: user, maxReplyBytes: 1_000, onInvalidReply: 'report' })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const answer = await fetch(`http://127.0.0.1:${front.port}/`)
    expect([answer.status, await answer.text()]).toEqual([200, long])
    await front.atRest()
  })

  it('events streamed by an upstream are not held back, since they are not JSON', async () => {
    await using far = await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const document = {
      openapi: '3.1.0',
      paths: { '/x': { get: { responses: { 200: { content: { 'text/event-stream': {} } } } } } },
    }
    await using front = await gatewayOver(make(), [far.url], {
      gateway: { filters: [openapi({ document, replies: true })] },
    })
    const answer = await fetch(`http://127.0.0.1:${front.port}/x`)
    const { value } = await answer.body!.getReader().read()
    expect(Buffer.from(value!).toString()).toBe('data: 1\n\n')
  })

  it('decompress() in front lets a compressed body be read, and its bomb is none', async () => {
    await using far = await upstream()
    const filters = [decompress({ requests: true, replies: false }), validateJson({ body: user, maxBytes: 10_000 })]
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters } })
    const send = (text: string) =>
      fetch(`http://127.0.0.1:${front.port}/`, {
        method: 'POST',
        body: gzipSync(text),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      })
    expect(((await (await send('{"name":"a"}')).json()) as { body: string }).body).toBe('{"name":"a"}')
    expect((await send('{"name":1}')).status).toBe(400)
    expect((await send(`{"name":"${'a'.repeat(1_000_000)}"}`)).status).toBe(413)
  })

  it('a client that leaves in the middle of its body leaves nothing behind', async () => {
    await using far = await upstream()
    await using front = await gatewayOver(make(), [far.url], { gateway: { filters: [jsonLimits(), xmlLimits()] } })
    const bytes = head('POST', 'Content-Type: application/json\r\nContent-Length: 100\r\n')
    const client = await rawOpen(front.port)
    client.write(`${bytes}{"a":`)
    await eventually(() => front.gateway.traffic.requests === 1)
    client.destroy()
    await front.atRest()
    expect(far.hits).toBe(0)
  })
})

async function listening(app: express.Express): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('validators in front of handOver()', () => {
  it('judge a body that a parser has read and kept, and the app has it, too', async () => {
    const app = express()
    app.use(express.json({ verify: keepRawBody }))
    app.use(toExpress(compose(validateJson({ body: user }), handOver())))
    app.post('/x', (request, response) => void response.json({ got: request.body.name }))
    await using server = await listening(app)
    const send = async (body: string) => {
      const { text } = await raw(server.port, posted(body), { hold: 3_000, timeoutMs: 10_000 })
      return `${status(text)} ${text.slice(text.indexOf('\r\n\r\n') + 4, text.indexOf('\r\n\r\n') + 14)}`
    }
    expect(await send('{"name":"a"}')).toBe('200 {"got":"a"')
    expect(await send('{"name":5}')).toMatch(/^400/)
  })

  it('tell the app which operation it is', async () => {
    const document = { openapi: '3.1.0', paths: { '/x': { get: { operationId: 'getX' } } } }
    const app = express()
    app.use(toExpress(compose(openapi({ document }), handOver())))
    app.get('/x', (request, response) => void response.end(operationOf(exchangeOf(request))?.operationId))
    await using server = await listening(app)
    expect(await (await fetch(`http://127.0.0.1:${server.port}/x`)).text()).toBe('getX')
    expect((await fetch(`http://127.0.0.1:${server.port}/y`)).status).toBe(404)
  })
})
