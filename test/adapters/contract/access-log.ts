import {
  type AccessRecord,
  accessLog,
  authenticator,
  createPool,
  EventHub,
  type Filter,
  forward,
  handOver,
  ipRules,
  requestId,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  eventually,
  type FaultyUpstream,
  faultyUpstream,
  h2Client,
  nextMessage,
  rawOpen,
  status,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import type { App, AppOptions, Harness } from '../harness/harness.js'
import { ask, bases, below, gatewayTo, request, talk } from './kit.js'

/** An app with a log of its own, and the records in it. */
interface Logged extends AsyncDisposable {
  readonly app: App
  readonly hub: EventHub
  readonly lines: readonly string[]
  /** Waits for the one record. */
  record(): Promise<AccessRecord>
}

async function logged(
  harness: Harness,
  url: string,
  options: AppOptions = {},
  filters: (hub: EventHub) => readonly Filter[] = () => [],
): Promise<Logged> {
  const hub = new EventHub()
  const lines: string[] = []
  const log = accessLog({ events: hub, write: (line) => lines.push(line), logHeaders: ['authorization', 'x-api-key'] })
  const pool = createPool({ name: 'far', endpoints: [url], events: hub })
  const gateway = gatewayTo(forward({ pool }), { events: hub, filters: filters(hub) })
  const app = await harness.listen(gateway, options)
  return {
    app,
    hub,
    lines,
    async record() {
      await eventually(() => lines.length > 0)
      expect(lines).toHaveLength(1)
      return JSON.parse(lines[0]!) as AccessRecord
    },
    async [Symbol.asyncDispose]() {
      log.close()
      await app[Symbol.asyncDispose]()
      await pool.close()
    },
  }
}

/** Faults of an upstream, and what the log says of them. */
const faults: readonly (readonly [string, () => Promise<FaultyUpstream>, object])[] = [
  ['refuses', () => faultyUpstream('refuse'), { status: 502, termination: 'SC', error: 'ERR_EDGE_CONNECT' }],
  [
    'dies before its reply',
    () => faultyUpstream('reset-at', { at: 0 }),
    { status: 502, termination: 'SH', error: 'ERR_EDGE_UPSTREAM_RESET' },
  ],
  [
    'dies in its reply',
    () => faultyUpstream('reset-at'),
    { level: 'warn', status: 200, termination: 'SD', error: 'ERR_EDGE_UPSTREAM_RESET' },
  ],
]

/** What a client can put into a field: quotes, C1 controls, and U+2028 in the bytes of UTF-8. */
const EVIL = '"},{"forged":"\\" \x9b31m \xc2\x9b2J \xe2\x80\xa8 \xe2\x80\xae'

/** What ends lines, moves cursors, or hides others. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

export function logging(harness: Harness): void {
  describe.each(bases)(`${harness.name} at %s: access log`, (base) => {
    it('writes one record for a request, with its route, its times and its bytes', async () => {
      await using far = await upstream(undefined, { name: 'far' })
      await using logs = await logged(harness, far.url, { base, mount: base }, () => [requestId()])
      const answer = await ask(logs.app.port, below(base, '/users/1?page=2'), {
        fields: 'User-Agent: curl/8\r\nReferer: https://a.test/\r\n',
      })
      const record = await logs.record()
      expect(record).toMatchObject({
        route: '/**',
        method: 'GET',
        path: below(base, '/users/1'),
        query: 'page=2',
        host: 'a.test',
        protocol: 'HTTP/1.1',
        status: 200,
        client: { address: '127.0.0.1' },
        userAgent: 'curl/8',
        referer: 'https://a.test/',
        requestId: answer.header('x-request-id'),
        pool: 'far',
        endpoint: far.url,
        attempts: 1,
        termination: '--',
        bytes: { in: 0, out: answer.body.length },
      })
      const { queue = -1, connect = -1, response = -1, data = -1, total } = record.times
      expect(Math.abs(queue + connect + response + data - total)).toBeLessThan(0.5)
      expect(Object.keys(record)).not.toContain('error')
    })

    it('counts the bytes of a body', async () => {
      await using far = await upstream()
      await using logs = await logged(harness, far.url, { base, mount: base })
      const answer = await ask(logs.app.port, below(base, '/x'), { method: 'POST', body: 'hello' })
      const record = await logs.record()
      expect(record).toMatchObject({ method: 'POST', status: 200, bytes: { in: 5, out: answer.body.length } })
      expect(record.times.request).toBeTypeOf('number')
    })

    it('says which filter denied, and why', async () => {
      const filters = (events: EventHub): Filter[] => [ipRules({ deny: ['127.0.0.1'], events })]
      await using logs = await logged(harness, 'http://127.0.0.1:1', { base, mount: base }, filters)
      expect((await ask(logs.app.port, below(base, '/x'))).status).toBe(403)
      const record = await logs.record()
      expect(record).toMatchObject({ status: 403, termination: 'PR', denied: { filter: 'ipRules' } })
      expect([record.endpoint, record.attempts]).toEqual([undefined, undefined])
    })

    it.each(faults)('says that an upstream %s', async (_how, make, said) => {
      await using far = await make()
      await using logs = await logged(harness, far.url, { base, mount: base })
      await talk(logs.app.port, request(below(base, '/x'), { method: 'POST', body: 'a' })).catch(() => {})
      expect(await logs.record()).toMatchObject({ level: 'error', endpoint: far.url, ...said })
    })

    it('says that a client left, and where its request was', async () => {
      await using far = await faultyUpstream('stall')
      await using logs = await logged(harness, far.url, { base, mount: base })
      await using client = await rawOpen(logs.app.port)
      await client.write(request(below(base, '/x')))
      await eventually(() => far.sink!.connections[0]?.received.includes('\r\n\r\n'))
      client.reset()
      expect(await logs.record()).toMatchObject({
        level: 'info',
        status: 499,
        termination: 'CH',
        error: 'ERR_EDGE_CLIENT_CLOSED',
        pool: 'far',
        endpoint: far.url,
      })
    })

    it('writes the record of a WebSocket at its end', async () => {
      await using far = await wsEcho()
      await using logs = await logged(harness, far.url.replace('ws', 'http'), { base, mount: base })
      const socket = await wsConnect(`ws://127.0.0.1:${logs.app.port}${below(base, '/chat')}`)
      socket.send('hello')
      await nextMessage(socket)
      expect(logs.lines).toHaveLength(0)
      socket.close(4001)
      expect(await logs.record()).toMatchObject({
        level: 'info',
        path: below(base, '/chat'),
        status: 101,
        termination: '--',
        pool: 'far',
        tunnel: { closeCode: 4001, closedBy: 'client', messages: { in: 1, out: 1 } },
      })
    })

    it('says of what the application answers that it went well', async () => {
      const hub = new EventHub()
      const lines: string[] = []
      using _log = accessLog({
        events: hub,
        write: (line) => lines.push(line),
        format: '{path} {status} {termination}',
      })
      const gateway = gatewayTo(handOver(), { events: hub })
      await using app = await harness.listen(gateway, { base, upgrades: false })
      app.server.on('upgrade', (req, socket, head) =>
        app.middleware.upgrade(req, socket, head, () => socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')),
      )
      await ask(app.port, below(base, '/x'))
      const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
      await talk(app.port, `GET ${below(base, '/y')} HTTP/1.1\r\nHost: a.test\r\n${upgrade}\r\n`)
      await eventually(() => lines.length === 2)
      expect(lines).toEqual([`${below(base, '/x')} 200 --`, `${below(base, '/y')} - --`])
    })

    it('H-195 can’t be forged by what a client sends, and holds no secret', async () => {
      await using far = await upstream(status(204))
      const eve = authenticator({ name: 'eve', verify: async () => ({ id: 'eve\r\n\u001b[2J' }) })
      await using logs = await logged(harness, far.url, { base, mount: base }, () => [eve])
      const fields = `User-Agent: ${EVIL}\r\nReferer: https://eve:s3cret@a.test/?access_token=s3cret&x=${EVIL.replaceAll(' ', '')}\r\nAuthorization: Bearer s3cret\r\nCookie: sid=s3cret\r\nX-Api-Key: s3cret\r\nProxy-Authorization: Basic s3cret\r\n`
      await ask(logs.app.port, below(base, '/x?%74oken=s3cret&q="%0d%0a%1b[2J&next=%2Fcb%3Fcode%3Ds3cret'), { fields })
      const record = await logs.record()
      const [line = ''] = logs.lines
      expect(line).not.toMatch(UNSEEN)
      expect(line).not.toContain('s3cret')
      expect(record).not.toHaveProperty('forged')
      expect(record).toMatchObject({
        query: '%74oken=[redacted]&q="%0d%0a%1b[2J&next=[redacted]',
        userAgent: EVIL.replace(/[\x80-\x9f]/g, visible),
        principal: 'eve\\x0D\\x0A\\x1B[2J',
        headers: { authorization: '[redacted]', 'x-api-key': '[redacted]' },
      })
    })

    it('H-195 is not reached by a line break in a path or a Host', async () => {
      await using far = await upstream()
      await using logs = await logged(harness, far.url, { base, mount: base })
      for (const bytes of [
        request(below(base, '/x%0d%0aGET%20/forged')),
        `GET ${below(base, '/x')}\rforged HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\x9b\r\nConnection: close\r\n\r\n`,
        `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x1b[2J\r\nConnection: close\r\n\r\n`,
      ])
        await talk(logs.app.port, bytes).catch(() => {})
      for (const line of logs.lines) expect(line).not.toMatch(UNSEEN)
      expect(logs.lines.join()).not.toContain('forged')
    })

    it('H-195 a log that throws, or rejects, disturbs no request, and is told', async () => {
      await using far = await upstream()
      await using logs = await logged(harness, far.url, { base, mount: base })
      const faulted: string[] = []
      logs.hub.on('fault', ({ where, error }) => faulted.push(`${where}: ${(error as Error).message}`))
      const thrown = (): never => {
        throw new Error('thrown')
      }
      const rejected = async (): Promise<never> => thrown()
      using _thrower = accessLog({ events: logs.hub, write: thrown })
      using _rejecter = accessLog({ events: logs.hub, logger: { info: rejected, warn: rejected, error: rejected } })
      using _careless = accessLog({ events: logs.hub, write: () => {}, fields: thrown })
      expect((await ask(logs.app.port, below(base, '/x'))).status).toBe(200)
      await logs.record()
      await eventually(() => faulted.length === 3)
      expect(faulted).toEqual(Array(3).fill('accessLog: thrown'))
    })
  })

  // Express can't be served over HTTP/2.
  if (!harness.name.startsWith('express')) {
    describe(`${harness.name} over HTTP/2: access log`, () => {
      it('H-195 writes the one record, without secrets and controls', async () => {
        await using far = await upstream(status(204))
        await using logs = await logged(harness, far.url, { http2: true })
        await using client = h2Client(logs.app.port)
        const headers = { 'user-agent': 'a"\u009b', cookie: 'sid=s3cret', authorization: 'Bearer s3cret' }
        expect(await client.ask('/x?key=s3cret', { headers })).toMatchObject({ status: 204 })
        expect(await logs.record()).toMatchObject({
          protocol: 'HTTP/2.0',
          status: 204,
          host: 'a.test',
          query: 'key=[redacted]',
          userAgent: 'a"\\x9B',
          endpoint: far.url,
        })
        expect(logs.lines[0]).not.toMatch(UNSEEN)
        expect(logs.lines[0]).not.toContain('s3cret')
      })
    })
  }
}

function visible(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).toUpperCase()}`
}
