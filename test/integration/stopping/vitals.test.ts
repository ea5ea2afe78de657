import { createServer } from 'node:http'
import { cache, createPool, defineFilter, forward, type Gateway, ipRules, liveness, readiness, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { eventually, parseReplies, raw, rawOpen, upstream } from '../../support/index.js'
import { GET, gatewayOf, held, listening } from './kit.js'

async function served(gateway: Gateway) {
  const server = createServer(toNode(gateway))
  const port = await listening(server)
  const say = async (line: string, fields = '') => {
    const { bytes, ended } = await raw(port, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`, {
      hold: Infinity,
    })
    const [answer] = parseReplies(bytes, { methods: [line.split(' ')[0]!], closed: ended === 'closed' })
    return { status: answer!.status, body: answer!.body.toString(), answer: answer! }
  }
  return {
    port,
    say,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const vitals = [
  { path: '/livez', handler: liveness() },
  { path: '/readyz', handler: readiness() },
]

describe('liveness and readiness', () => {
  it('are answered at once while filters start: alive, and not ready', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = defineFilter({ filterName: 'slow', start: () => gate.promise }, (exchange, next) => next(exchange))
    const routes = [...vitals, { path: '/', filters: [slow], handler: async () => reply(200, 'served') }]
    const gateway = gatewayOf(routes)
    await using front = await served(gateway)
    const waiting = front.say('GET /')
    expect([(await front.say('GET /livez')).status, (await front.say('GET /readyz')).body]).toEqual([
      200,
      '{"status":"starting"}\n',
    ])
    gate.resolve()
    expect([(await waiting).body, (await front.say('GET /readyz')).status]).toEqual(['served', 200])
  })

  it('H-113 are answered while a gateway drains that refuses all else, and after it has closed', async () => {
    const { handler, open } = held()
    const gateway = gatewayOf([...vitals, { path: '/**', handler }])
    await using front = await served(gateway)
    await using client = await rawOpen(front.port)
    await client.write(GET)
    await eventually(() => gateway.traffic.requests === 1)
    const closed = gateway.close()
    const answers = async () => [
      (await front.say('GET /livez')).status,
      (await front.say('GET /readyz')).body,
      (await front.say('GET /')).status,
    ]
    expect(await answers()).toEqual([200, '{"status":"draining"}\n', 503])
    open()
    await closed
    expect(await answers()).toEqual([200, '{"status":"closed"}\n', 503])
  })

  it('H-113 stand in a gateway of their own, and tell of the other', async () => {
    const api = gatewayOf([{ path: '/', handler: async () => reply(200) }])
    const own = gatewayOf([{ path: '/readyz', handler: readiness({ gateways: [api] }) }])
    await using front = await served(own)
    expect((await front.say('GET /readyz')).status).toBe(200)
    await api.close()
    expect((await front.say('GET /readyz')).status).toBe(503)
  })

  it('answer HEAD without a body, and any other method alike', async () => {
    await using front = await served(gatewayOf(vitals))
    const { answer } = await front.say('HEAD /livez')
    expect([answer.status, answer.complete, answer.body.length]).toEqual([200, true, 0])
    expect((await front.say('POST /readyz', 'Content-Length: 0\r\n')).status).toBe(200)
  })

  it.each([
    'GET /readyz/',
    'GET /READYZ',
    'GET /readyz%2f',
    'GET /readyz;v=1',
    'GET /x/../readyz',
    'GET /x/%2e%2e/readyz',
    'GET /./readyz',
    'GET /readyz%00',
    'GET /%2freadyz',
    'GET /readyz.',
    'GET \\readyz',
  ])('H-197 are not reached by %j', async (line) => {
    const filters = [ipRules({ deny: ['127.0.0.1'] })]
    const everything = { path: '/**', handler: async () => reply(200, 'the rest') }
    await using front = await served(gatewayOf([...vitals.map((each) => ({ ...each, filters })), everything]))
    const { status, body } = await front.say(line)
    expect([status, body]).not.toEqual([403, expect.anything()])
    expect(body).not.toContain('"status"')
  })

  it.each(['GET /readyz', 'GET /%72eadyz', 'GET //readyz', 'GET /readyz?x=1', 'GET http://a/readyz', 'HEAD /readyz'])(
    'H-197 have their guard in front however they are spelt: %j',
    async (line) => {
      const filters = [ipRules({ deny: ['127.0.0.1'] })]
      await using front = await served(gatewayOf(vitals.map((each) => ({ ...each, filters }))))
      expect((await front.say(line)).status).toBe(403)
    },
  )

  it('H-197 are kept by no cache, neither ours in front of them nor any other', async () => {
    await using far = await upstream()
    const pool = createPool({ name: 'far', endpoints: [far.url] })
    const routes = [
      { path: '/livez', handler: liveness() },
      { path: '/readyz', handler: readiness({ pools: [pool] }) },
      { path: '/**', handler: forward({ pool }) },
    ]
    await using front = await served(
      gatewayOf(routes, { filters: [cache({ lifetimesMs: { 200: 60_000, 503: 60_000 } })] }),
    )
    for (const path of ['/livez', '/readyz']) {
      const { answer } = await front.say(`GET ${path}`)
      expect([answer.status, answer.header('cache-control')]).toEqual([200, 'no-store'])
    }
    pool.maintenance(pool.endpoints[0]!.name)
    expect((await front.say('GET /readyz')).status).toBe(503)
    pool.ready(pool.endpoints[0]!.name)
    expect((await front.say('GET /readyz')).status).toBe(200)
    await pool.close()
  })

  it('H-197 cost no request to anybody', async () => {
    await using far = await upstream()
    await using pool = createPool({ name: 'far', endpoints: [far.url] })
    await using front = await served(gatewayOf([{ path: '/readyz', handler: readiness({ pools: [pool] }) }]))
    const asked = Array.from({ length: 100 }, () => front.say('GET /readyz'))
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]))
    expect([far.hits, far.accepted]).toEqual([0, 0])
  })
})
