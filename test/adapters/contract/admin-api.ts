import { adminApi, cache, createGateway, createPool, EventHub, type GatewayOptions, type Pool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { h2Client, type Upstream, upstream } from '../../support/index.js'
import type { App, AppOptions, Harness } from '../harness/harness.js'
import { ask, bases, below, forwarder, said, talk } from './kit.js'

const TOKEN = 'X-Token: secret\r\n'
const CLI = `${TOKEN}X-Edgewise-Admin: 1\r\n`
const JSON_TYPE = 'Content-Type: application/json\r\n'
const ENDPOINT = '/admin/pools/users/endpoints/http://10.0.0.1:3000'

/** An admin API for whoever has the token, beside a route that sends everything else to an upstream. */
interface Edge extends AsyncDisposable {
  readonly app: App
  readonly far: Upstream
  readonly pool: Pool
  /** What the authorizer was asked about. */
  readonly asked: readonly string[]
}

async function edge(harness: Harness, options: AppOptions, gateway: Partial<GatewayOptions> = {}): Promise<Edge> {
  const far = await upstream()
  const events = new EventHub()
  const asked: string[] = []
  const pool = createPool({ name: 'users', endpoints: ['http://10.0.0.1:3000', 'http://10.0.0.2:3000'], events })
  const handler = adminApi({
    authorize({ method, target, headers }) {
      asked.push(`${method} ${target.path}`)
      return headers['x-token'] === 'secret' && 'ada'
    },
    pools: [pool],
    events,
  })
  const routes = [
    { path: '/admin/**', handler },
    { path: '/**', handler: forwarder(far.url) },
  ]
  const app = await harness.listen(createGateway({ events, routes, ...gateway }), options)
  return {
    ...{ app, far, pool, asked },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await far.stop()
      await pool.close()
    },
  }
}

/** Targets, each with what becomes of it: it is the API's, refused, or another path, which the upstream gets as it is. */
const aliases: readonly (readonly [target: string, whose: 'admin' | 'refused' | 'other'])[] = [
  ['/admin/pools', 'admin'],
  ['/%61dmin/pools', 'admin'],
  ['/admin/%70ools', 'admin'],
  ['//admin/pools', 'admin'],
  ['/admin//pools', 'admin'],
  ['/admin/pools/', 'admin'],
  ['/admin/pools?', 'admin'],
  ['/x/../admin/pools', 'refused'],
  ['/x/%2e%2e/admin/pools', 'refused'],
  ['/x/..%2fadmin/pools', 'refused'],
  ['/./admin/pools', 'refused'],
  ['/admin%2fpools', 'refused'],
  ['/admin%5cpools', 'refused'],
  ['/admin;v=1/pools', 'refused'],
  ['/admin/pools%00', 'refused'],
  ['/ADMIN/pools', 'other'],
  ['/administrators', 'other'],
]

export function administering(harness: Harness): void {
  const { name } = harness
  // Express can't be had over HTTP/2: its own request crashes on node:http2.
  const overHttp2 = name.startsWith('express') ? [] : [{ http2: true }]

  describe.each(bases)(`${name} at %s: the admin API`, (base) => {
    const at = (target: string): string => below(base, target)

    it('H-197 is nobody else’s by any spelling of its path, and the upstream never sees what is the API’s', async () => {
      await using cell = await edge(harness, { base })
      const { app, far } = cell
      const { body: refusal } = await ask(app.port, at('/admin/nothing'))
      const absolute = aliases.slice(0, 2).map(([target, whose]) => [`http://a.test${at(target)}`, whose] as const)
      for (const [target, whose] of [...aliases.map(([each, whose]) => [at(each), whose] as const), ...absolute]) {
        const [hits, unknown] = [far.hits, await ask(app.port, target)]
        const known = await ask(app.port, target, { fields: TOKEN })
        const expected = { admin: [403, 200, 0], refused: [400, 400, 0], other: [200, 200, 2] }[whose]
        expect([target, unknown.status, known.status, far.hits - hits]).toEqual([target, ...expected])
        if (whose === 'admin') expect([target, unknown.body]).toEqual([target, refusal])
      }
      // Of another host: refused where all is the gateway's, and else the framework's own to answer.
      const elsewhere = await ask(app.port, `http://b.test${at('/admin/pools')}`, { fields: TOKEN })
      expect(base === '/' ? elsewhere.status : said(elsewhere).app).toBe(base === '/' ? 400 : true)
    })

    it('H-197 is the API in capitals, too, where case does not matter', async () => {
      await using cell = await edge(harness, { base }, { caseSensitive: false })
      expect((await ask(cell.app.port, at('/ADMIN/pools'))).status).toBe(403)
      expect((await ask(cell.app.port, at('/ADMIN/pools'), { fields: TOKEN })).status).toBe(200)
      expect(cell.far.hits).toBe(0)
    })

    it('H-197 asks who it is on every way in, and says the same to nobody in particular', async () => {
      await using cell = await edge(harness, { base })
      const handshake =
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      const upgrade = (fields: string) =>
        talk(
          cell.app.port,
          `GET ${at('/admin/pools')} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n${handshake}${fields}\r\n`,
        )
      expect((await upgrade('')).reply.status).toBe(403)
      expect((await upgrade(TOKEN)).reply.status).toBe(400)
      const words = new Set<string>()
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PURGE']) {
        const reply = await ask(cell.app.port, at(ENDPOINT), { method })
        words.add(`${reply.status} ${reply.header('cache-control')} ${reply.header('allow')} ${reply.body}`)
      }
      expect([...words]).toEqual([expect.stringMatching(/^403 no-store undefined \{.*"Not allowed\."/)])
      const upload = await ask(cell.app.port, at(ENDPOINT), { method: 'PUT', body: 'x'.repeat(100_000) })
      expect(upload.status).toBe(403)
      expect([cell.asked.length, cell.far.hits]).toEqual([9, 0])
    })

    it('H-197 is not kept by a cache in front, nor shared with who asks at the same time', async () => {
      await using cell = await edge(
        harness,
        { base },
        { filters: [cache({ lifetimesMs: { 200: 60_000, 403: 60_000 } })] },
      )
      const target = at('/admin/pools')
      const both = await Promise.all([
        ...[TOKEN, '', TOKEN, ''].map((fields) => ask(cell.app.port, target, { fields })),
        ask(cell.app.port, target, { method: 'HEAD' }),
      ])
      expect(both.map(({ status }) => status)).toEqual([200, 403, 200, 403, 403])
      for (const fields of [TOKEN, '', TOKEN]) {
        const reply = await ask(cell.app.port, target, { fields })
        expect([reply.status, reply.header('cache-control')]).toEqual([fields === '' ? 403 : 200, 'no-store'])
      }
      expect(cell.asked).toHaveLength(8)
    })
  })

  describe(`${name}: the admin API`, () => {
    it('changes what runs', async () => {
      await using cell = await edge(harness, { base: '/api' })
      const { port } = cell.app
      const set = { method: 'PUT', fields: CLI + JSON_TYPE, body: '{"weight":7}' }
      const weighed = await ask(port, `/api${ENDPOINT}/weight`, set)
      expect([weighed.status, JSON.parse(weighed.body.toString()).endpoint.weight]).toEqual([200, 7])
      expect((await ask(port, `/api${ENDPOINT}/drain`, { method: 'POST', fields: CLI })).status).toBe(200)
      const [endpoint] = cell.pool.endpoints
      expect([endpoint!.weight, endpoint!.mode]).toEqual([7, 'drain'])
      const wrong = await ask(port, `/api${ENDPOINT}/weight`, { ...set, body: '{"wait":1}' })
      expect([wrong.status, wrong.header('content-type')]).toEqual([400, 'application/problem+json'])
      expect((await ask(port, `/api${ENDPOINT}`, { method: 'DELETE', fields: CLI })).status).toBe(200)
      expect(cell.pool.endpoints).toHaveLength(1)
    })

    it('answers a HEAD, and refuses a body past 64 KiB', async () => {
      await using cell = await edge(harness, {})
      const { port } = cell.app
      const got = await ask(port, '/admin/pools', { fields: TOKEN })
      const head = await ask(port, '/admin/pools', { fields: TOKEN, method: 'HEAD' })
      expect([head.status, head.header('content-length')]).toEqual([200, String(got.body.length)])
      const long = await ask(port, '/admin/actions', {
        method: 'POST',
        fields: CLI + JSON_TYPE,
        body: `{"pool":"${'x'.repeat(65_536)}"}`,
      })
      expect(long.status).toBe(413)
    })

    it.each([
      ['the site of another', 'Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n', 403],
      ['another’s, by Origin alone', 'Origin: https://evil.test\r\n', 403],
      ['no origin that has a name', 'Origin: null\r\n', 403],
      ['a subdomain', 'Origin: http://b.a.test\r\nSec-Fetch-Site: same-site\r\n', 403],
      ['its own, with a form’s media type', 'Origin: http://a.test\r\nSec-Fetch-Site: same-origin\r\n', 415],
      ['its own', `Origin: http://a.test\r\nSec-Fetch-Site: same-origin\r\n${JSON_TYPE}`, 200],
      ['no browser, and does not say so', JSON_TYPE, 403],
      ['no browser, and says so', `X-Edgewise-Admin: 1\r\n${JSON_TYPE}`, 200],
    ])('lets a page act only on its own origin: %s', async (_whose, fields, status) => {
      await using cell = await edge(harness, {})
      const type = fields.includes('Content-Type') ? '' : 'Content-Type: text/plain\r\n'
      const body = JSON.stringify({ pool: 'users', endpoint: 'http://10.0.0.1:3000', action: 'drain' })
      const asked = { method: 'POST', fields: TOKEN + fields + type, body }
      expect((await ask(cell.app.port, '/admin/actions', asked)).status).toBe(status)
      expect(cell.pool.endpoints[0]!.mode).toBe(status === 200 ? 'drain' : 'ready')
    })
  })

  describe.each(overHttp2)(`${name} over HTTP/2: the admin API`, (over) => {
    it('H-197 is nobody else’s by any spelling of its path, and acts for who may', async () => {
      await using cell = await edge(harness, over)
      await using client = h2Client(cell.app.port)
      const token = { 'x-token': 'secret' }
      for (const [target, whose] of aliases) {
        const hits = cell.far.hits
        const [unknown, known] = [await client.ask(target), await client.ask(target, { headers: token })]
        const expected = { admin: [403, 200, 0], refused: [400, 400, 0], other: [200, 200, 2] }[whose]
        expect([target, unknown.status, known.status, cell.far.hits - hits]).toEqual([target, ...expected])
      }
      const headers = { ...token, 'content-type': 'application/json', 'x-edgewise-admin': '1' }
      const weighed = await client.ask(`${ENDPOINT}/weight`, { method: 'PUT', headers, body: '{"weight":7}' })
      expect([weighed.status, cell.pool.endpoints[0]!.weight]).toEqual([200, 7])
      const forged = { ...token, 'content-type': 'application/json', origin: 'https://evil.test' }
      expect((await client.ask(`${ENDPOINT}/drain`, { method: 'POST', headers: forged })).status).toBe(403)
      expect(cell.pool.endpoints[0]!.mode).toBe('ready')
    })
  })
}
