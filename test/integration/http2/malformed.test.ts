import { describe, expect, it } from 'vitest'
import { appOver } from '../../adapters/contract/kit.js'
import { fastify } from '../../adapters/harness/fastify.js'
import { hono } from '../../adapters/harness/hono.js'
import { koa } from '../../adapters/harness/koa.js'
import { node } from '../../adapters/harness/node.js'
import { eventually, type H2Field, h2Error, h2Request, rawH2, sink, upstream } from '../../support/index.js'

const without = (name: string): H2Field[] => h2Request('/x').filter(([each]) => each !== name)
const instead = (name: string, value: string): H2Field[] =>
  h2Request('/x').map(([each, before]) => [each, each === name ? value : before])

/** Heads that must go nowhere: reset by Node, or answered with 400. */
const refused: readonly { readonly what: string; readonly fields: readonly H2Field[] }[] = [
  { what: 'a :path with CRLF', fields: instead(':path', '/x HTTP/1.1\r\nX-Evil: 1') },
  { what: 'a :path with a space', fields: instead(':path', '/x y') },
  { what: 'a :path with NUL', fields: instead(':path', '/x\0y') },
  { what: 'a :path with a fragment', fields: instead(':path', '/x#y') },
  { what: 'an empty :path', fields: instead(':path', '') },
  { what: 'a relative :path', fields: instead(':path', 'x') },
  { what: 'a :path with a scheme', fields: instead(':path', 'http://evil/x') },
  { what: 'a :path of * without OPTIONS', fields: instead(':path', '*') },
  { what: 'a :method with a request line', fields: instead(':method', 'GET /admin HTTP/1.1\r\nX: y') },
  { what: 'an empty :method', fields: instead(':method', '') },
  { what: 'a :scheme of another kind', fields: instead(':scheme', 'ftp') },
  { what: 'a :scheme with an authority in it', fields: instead(':scheme', 'http://evil/?') },
  { what: 'an :authority with CRLF', fields: instead(':authority', 'a\r\nX-Evil: 1') },
  { what: 'an :authority with a user', fields: instead(':authority', 'good@evil') },
  { what: 'an :authority with a path', fields: instead(':authority', 'a/../evil') },
  { what: 'an empty :authority', fields: instead(':authority', '') },
  { what: 'neither :authority nor Host', fields: without(':authority') },
  { what: 'no :path', fields: without(':path') },
  { what: 'no :method', fields: without(':method') },
  { what: 'no :scheme', fields: without(':scheme') },
  { what: ':authority and Host that differ', fields: h2Request('/x', [['host', 'b.test']]) },
  { what: 'two Host fields', fields: [...without(':authority'), ['host', 'a.test'], ['host', 'b.test']] },
  { what: 'a pseudo-field behind a field', fields: [...without(':path'), ['x', '1'], [':path', '/x']] },
  { what: 'two :path', fields: [[':path', '/y'], ...h2Request('/x')] },
  { what: 'an unknown pseudo-field', fields: [[':evil', '1'], ...h2Request('/x')] },
  { what: 'a reply’s pseudo-field', fields: [[':status', '200'], ...h2Request('/x')] },
  { what: ':protocol without CONNECT', fields: [[':protocol', 'websocket'], ...h2Request('/x')] },
  { what: 'an upper-case name', fields: h2Request('/x', [['X-Evil', '1']]) },
  { what: 'Transfer-Encoding', fields: h2Request('/x', [['transfer-encoding', 'chunked']]) },
  { what: 'Connection', fields: h2Request('/x', [['connection', 'x-forwarded-for']]) },
  { what: 'Keep-Alive', fields: h2Request('/x', [['keep-alive', 'timeout=5']]) },
  { what: 'Proxy-Connection', fields: h2Request('/x', [['proxy-connection', 'keep-alive']]) },
  { what: 'Upgrade', fields: h2Request('/x', [['upgrade', 'h2c']]) },
  { what: 'TE of something else than trailers', fields: h2Request('/x', [['te', 'gzip']]) },
  { what: 'TE of more than trailers', fields: h2Request('/x', [['te', 'trailers, deflate']]) },
  { what: 'a Content-Length and no body', fields: h2Request('/x', [['content-length', '5']]) },
  {
    what: 'two Content-Length',
    fields: h2Request('/x', [
      ['content-length', '0'],
      ['content-length', '5'],
    ]),
  },
  { what: 'a Content-Length that is no number', fields: h2Request('/x', [['content-length', '+0']]) },
  {
    what: 'two Authorization',
    fields: h2Request('/x', [
      ['authorization', 'a'],
      ['authorization', 'b'],
    ]),
  },
]

/** Fields that Node takes away before anybody sees them. */
const dropped: readonly { readonly what: string; readonly field: H2Field }[] = [
  { what: 'a name of no length', field: ['', 'evil'] },
  { what: 'a name with a colon', field: ['x:y', 'evil'] },
  { what: 'a name with a space', field: ['x y', 'evil'] },
  { what: 'a name with CRLF', field: ['x\r\ny', 'evil'] },
  { what: 'a value with CRLF', field: ['x-a', '1\r\nx-evil: 1'] },
  { what: 'a value with NUL', field: ['x-a', '1\0evil'] },
]

describe.each([node, koa, hono, fastify])('requests of HTTP/2 that are malformed, over $name', (harness) => {
  it.each(refused)('H-070 $what goes nowhere', async ({ fields }) => {
    await using far = await upstream()
    await using app = await appOver(harness, far.url, { http2: true, fallThrough: false })
    await using client = await rawH2(app.port)
    client.headers(1, fields)
    const outcome = await client.status(1).catch(() => client.resetOf(1))
    expect([400, h2Error.protocol]).toContain(outcome)
    // Its neighbours on the connection go on.
    client.headers(3, h2Request('/next'))
    expect(await client.status(3)).toBe(200)
    expect(far.requests.map(({ url }) => url)).toEqual(['/next'])
  })

  it.each(dropped)('H-070 $what is dropped, and splits nothing', async ({ field }) => {
    await using far = await upstream()
    await using app = await appOver(harness, far.url, { http2: true })
    await using client = await rawH2(app.port)
    client.headers(1, h2Request('/x', [field, ['x-good', '1']]))
    const outcome = await client.status(1).catch(() => client.resetOf(1))
    expect([200, h2Error.protocol]).toContain(outcome)
    for (const { rawHeaders } of far.requests) expect(rawHeaders.join('\n')).not.toContain('evil')
    expect(far.hits).toBeLessThanOrEqual(1)
  })

  it.each([
    { how: 'shorter than', body: 'abc' },
    { how: 'longer than', body: 'abcdefgh' },
  ])('H-070 a body $how its Content-Length never looks complete to the upstream', async ({ body }) => {
    await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'])
    await using app = await appOver(harness, far.url, { http2: true })
    await using client = await rawH2(app.port)
    client.headers(1, h2Request('/x', [['content-length', '5']], 'POST'), { end: false })
    client.data(1, body)
    // What is too long ends the connection: the bytes have passed its flow control already.
    await eventually(() => client.closed || client.seen(1).reset === h2Error.protocol)
    await eventually(() => far.openConnections() === 0)
    expect(far.requests.filter(({ complete }) => complete)).toEqual([])
  })

  it('H-070 two hundred fields are too many: none is lost without a word', async () => {
    await using far = await upstream()
    await using app = await appOver(harness, far.url, { http2: true })
    await using client = await rawH2(app.port)
    const many = Array.from({ length: 300 }, (_, at): H2Field => [`x-${at}`, '1'])
    client.headers(1, h2Request('/x', [...many, ['x-real-user', 'me']]))
    expect(await client.status(1).catch(() => 'reset')).toBe('reset')
    expect(far.hits).toBe(0)
  })
})
