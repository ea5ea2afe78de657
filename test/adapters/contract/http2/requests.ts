import { createGateway, type Filter, forward, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client, h2Error, h2Request, rawH2, sink, upstream } from '../../../support/index.js'
import { failures } from '../failures.js'
import { appOver, bases, below, within100Ms } from '../kit.js'
import { refused, targets } from '../routing.js'
import { denials } from '../uploads.js'
import type { Http2Cell } from './cell.js'

const deny: Filter = async () => reply(403, 'denied')

export function http2Requests({ harness, title, over, ask, answer }: Http2Cell): void {
  describe.each(bases)(`${title} at %s`, (base) => {
    it('carries a request and its reply, and no pseudo-field', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { ...over, base })
      const { status, body } = await ask(app.port, below(base, '/users/1?x=1&x=2'), {
        method: 'POST',
        headers: { cookie: ['a=1', 'b=2'], 'x-many': ['1', '2'], te: 'trailers' },
        body: 'hello',
      })
      const said = JSON.parse(body)
      expect([status, said.method, said.url, said.body]).toEqual([200, 'POST', '/users/1?x=1&x=2', 'hello'])
      expect(said.headers).toMatchObject({
        host: 'a.test',
        'x-forwarded-host': 'a.test',
        'x-forwarded-proto': 'http',
        'x-forwarded-for': '127.0.0.1',
        via: expect.stringMatching(/^2\.0 edgewise-/),
        // Crumbs are put together again (H-070, RFC 9113 §8.2.3).
        cookie: 'a=1; b=2',
        'x-many': '1, 2',
      })
      expect(Object.keys(said.headers).filter((field) => field.startsWith(':'))).toEqual([])
    })

    it('falls through to the framework with nothing run and nothing touched', async () => {
      const gateway = createGateway({
        filters: [deny],
        routes: [{ path: '/ours', methods: ['GET'], handler: async () => reply(200) }],
      })
      await using app = await harness.listen(gateway, { ...over, base })
      expect((await ask(app.port, below(base, '/ours'))).status).toBe(403)
      const { status, body } = await ask(app.port, below(base, '/known'), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: 'a=1',
      })
      expect([status, JSON.parse(body)]).toMatchObject([200, { app: true, body: 'a=1', base: null }])
      expect(app.errors).toEqual([])
    })

    it.each(refused.filter((path) => path !== '/x\\y'))(
      'H-070 H-030 H-039 refuses %s below its base, and forwards it never',
      async (path) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { ...over, base })
        expect((await ask(app.port, below(base, path))).status).toBe(400)
        expect(far.hits).toBe(0)
      },
    )

    it.each([
      { when: 'before the head', script: ['stall'] as const },
      {
        when: 'mid-download',
        script: ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'stall'] as const,
      },
    ])(
      'H-070 H-091 a reset $when ends the upstream’s work within 100 ms, and is no failure of its',
      async ({ when, script }) => {
        await using far = await sink([...script])
        await using app = await appOver(harness, far.url, { ...over, base })
        await using client = h2Client(app.port)
        const stream = client.open(below(base, '/x'), {}, true)
        if (when === 'mid-download') await new Promise((resolve) => stream.once('data', resolve))
        else await far.waitForRequests(1)
        stream.close(h2Error.cancel)
        await within100Ms(() => far.openConnections() === 0)
        await eventually(() => app.middleware.gateway.traffic.requests === 0)
      },
    )

    it('H-070 H-028 a reset mid-upload breaks the upload off: it never looks complete', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'])
      await using app = await appOver(harness, far.url, { ...over, base })
      await using client = await rawH2(app.port)
      client.headers(1, h2Request(below(base, '/x'), [], 'POST'), { end: false })
      client.data(1, 'half', { end: false })
      await eventually(() => far.requests[0]?.bodyLength === 4)
      client.reset(1)
      await within100Ms(() => far.openConnections() === 0)
      expect(far.requests.map(({ complete }) => complete)).toEqual([false])
    })

    it.each(failures)(
      'H-096 a filter that $how reaches the framework’s error handling once',
      async ({ filter, message }) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { ...over, base, gateway: { filters: [filter] } })
        const { status, body } = await ask(app.port, below(base, '/x'))
        expect([status, body]).toEqual([500, `framework: ${message}`])
        expect(app.errors).toHaveLength(1)
      },
    )
  })

  describe(`${title} at /api: what is under the base`, () => {
    it.each(targets)('H-043 H-190 %s is %s', async (target, expected) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { ...over, base: '/api' })
      const { status, body } = await ask(app.port, target)
      if (typeof expected === 'number') expect(status).toBe(expected)
      else expect(JSON.parse(body)).toMatchObject(expected === 'app' ? { app: true, url: target } : { url: expected })
    })
  })

  describe(`${title}: uploads that nobody wants`, () => {
    it.each(denials)('H-021 $what is readable while the client still sends, and stops it', async (row) => {
      await using app = await harness.listen(row.gateway(), { ...over, ...row.options })
      await using client = h2Client(app.port)
      const stream = client.open(row.path ?? '/x', { ':method': 'POST' })
      stream.write(Buffer.alloc(32 * 1024, 'x'))
      const status = new Promise((resolve) => stream.once('response', (fields) => resolve(fields[':status'])))
      let ended = false
      stream
        .on('end', () => {
          ended = true
        })
        .resume()
      expect(await status).toBe(row.status)
      // NO_ERROR is what tells a client that its reply is whole all the same (RFC 9113 §8.1).
      await eventually(() => stream.closed)
      expect([ended, stream.rstCode]).toEqual([true, h2Error.none])
      expect((await client.ask(row.path ?? '/x', { method: 'POST', body: '' })).status).toBe(row.status)
      await eventually(() => app.middleware.gateway.traffic.requests === 0)
    })

    it('H-029 says at once that a body was consumed before it could be forwarded', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { ...over, reader: true })
      const { status, body } = await ask(app.port, '/x', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      })
      expect([status, body]).toEqual([500, '500 ERR_EDGE_BODY_CONSUMED\n'])
      expect(far.hits).toBe(0)
    })
  })

  it(`${title}: forwards to nobody with an answer`, async () => {
    expect((await answer(forward('http://127.0.0.1:1'))).body).toBe('502 ERR_EDGE_CONNECT\n')
  })
}
