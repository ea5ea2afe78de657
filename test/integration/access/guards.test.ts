import {
  allowMethods,
  compose,
  createGateway,
  type EdgeEvents,
  EventHub,
  type Filter,
  forward,
  handOver,
  headerLimits,
  ipRules,
  originRules,
  refererRules,
  reply,
  uriLimits,
  userAgentRules,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, request, talk } from '../../adapters/contract/kit.js'
import { UpgradeDenied, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { handshake } from '../../upgrade/ws-front.js'
import { frameworks } from './frameworks.js'

/** A filter, a request that it denies and one that it lets pass. */
const rules: readonly {
  readonly what: string
  readonly make: (events: EventHub) => Filter
  readonly status: number
  readonly denied: { readonly path?: string; readonly method?: string; readonly fields?: string }
  readonly passes: { readonly path?: string; readonly method?: string; readonly fields?: string }
}[] = [
  {
    what: 'H-136 ipRules',
    make: (events) => ipRules({ deny: ['::ffff:7f00:0/104'], events }),
    status: 403,
    denied: {},
    passes: { fields: 'X-Forwarded-For: 192.0.2.1\r\n' },
  },
  {
    what: 'allowMethods',
    make: (events) => allowMethods({ methods: ['GET'], events }),
    status: 405,
    denied: { method: 'DELETE' },
    passes: {},
  },
  {
    what: 'H-078 originRules',
    make: (events) => originRules({ allow: ['https://*.example.com'], events }),
    status: 403,
    denied: { fields: 'Origin: https://evil-example.com\r\n' },
    passes: { fields: 'Origin: https://app.example.com\r\n' },
  },
  {
    what: 'refererRules',
    make: (events) => refererRules({ allow: ['example.com'], events }),
    status: 403,
    denied: { fields: 'Referer: https://evil-example.com/\r\n' },
    passes: { fields: 'Referer: https://example.com/x\r\n' },
  },
  {
    what: 'userAgentRules',
    make: (events) => userAgentRules({ deny: ['*bot*'], events }),
    status: 403,
    denied: { fields: 'User-Agent: Evilbot/1\r\n' },
    passes: { fields: 'User-Agent: Mozilla/5.0\r\n' },
  },
  {
    what: 'H-022 headerLimits',
    make: (events) => headerLimits({ maxFields: 12, maxBytes: 1_000, events }),
    status: 431,
    denied: { fields: Array.from({ length: 12 }, (_, at) => `X-${at}: 1\r\n`).join('') },
    passes: { fields: 'X-A: 1\r\n' },
  },
  {
    what: 'H-022 uriLimits',
    make: (events) => uriLimits({ maxLength: 100, events }),
    status: 414,
    denied: { path: `/${'a'.repeat(100)}` },
    passes: { path: `/${'a'.repeat(50)}` },
  },
]

describe.each(frameworks)('under $name', (harness) => {
  const listen = async (make: (events: EventHub) => Filter, terminal: 'handler' | 'handOver') => {
    const events = new EventHub()
    const denied: EdgeEvents['denied'][] = []
    events.on('denied', (event) => denied.push(event))
    const handler = terminal === 'handler' ? async () => reply(200, 'passed') : handOver()
    const gateway = createGateway({
      events,
      trustedProxies: ['loopback'],
      routes: [{ path: '/**', handler: compose(make(events), handler) }],
    })
    return { app: await harness.listen(gateway, { base: '/api' }), denied }
  }

  it.each(rules)(
    '$what answers $status, tells of it, and lets the rest pass',
    async ({ make, status, denied, passes }) => {
      for (const terminal of ['handler', 'handOver'] as const) {
        const edge = await listen(make, terminal)
        await using app = edge.app
        const { path = '/x', ...options } = denied
        const refused = await ask(app.port, `/api${path}`, options)
        expect([refused.status, refused.body.toString().slice(0, 4), refused.header('cache-control')]).toEqual([
          status,
          `${status} `,
          'no-store',
        ])
        expect(edge.denied.map((event) => event.status)).toEqual([status])
        const { path: good = '/x', ...more } = passes
        expect((await ask(app.port, `/api${good}`, more)).status).toBe(200)
        expect(edge.denied).toHaveLength(1)
      }
    },
  )

  it.each(rules.filter(({ status }) => status !== 405))('H-049 $what holds for upgrades, too', async (rule) => {
    await using far = await wsEcho()
    const events = new EventHub()
    const handler = compose(rule.make(events), forward(far.url.replace('ws:', 'http:')))
    const gateway = createGateway({ events, trustedProxies: ['loopback'], routes: [{ path: '/**', handler }] })
    await using app = await harness.listen(gateway)
    const { path = '/x', fields = '' } = rule.denied
    const more = fields.split('\r\n').filter((line) => line !== '')
    const { replies, ended } = await talk(app.port, handshake({ start: `GET ${path}`, more }))
    expect([replies.map(({ status }) => status), ended]).toEqual([[rule.status], 'closed'])
    const good = (rule.passes.fields ?? '').split('\r\n').filter((line) => line !== '')
    const headers = Object.fromEntries(good.map((line) => line.split(': ')))
    const socket = await wsConnect(`ws://127.0.0.1:${app.port}${rule.passes.path ?? '/x'}`, { headers })
    socket.terminate()
  })
})

describe('the origin of a WebSocket', () => {
  it('H-078 must be allowed, or the one of the host itself', async () => {
    await using far = await wsEcho()
    const handler = compose(originRules({ allow: ['https://*.example.com'] }), forward(far.url.replace('ws:', 'http:')))
    await using app = await frameworks[0]!.listen(handler)
    const open = async (origin: string | undefined): Promise<number> => {
      try {
        const socket = await wsConnect(`ws://127.0.0.1:${app.port}/`, origin === undefined ? {} : { origin })
        socket.terminate()
        return 101
      } catch (error) {
        if (error instanceof UpgradeDenied) return error.status
        throw error
      }
    }
    const asked = [
      undefined,
      `http://127.0.0.1:${app.port}`,
      'https://a.example.com',
      'https://evil-example.com',
      'null',
    ]
    expect(await Promise.all(asked.map(open))).toEqual([101, 101, 101, 403, 403])
    expect(far.requests).toHaveLength(3)
  })
})

describe('addresses behind a trusted proxy', () => {
  it.each([
    ['203.0.113.7', 403],
    ['::ffff:203.0.113.7', 403],
    ['::ffff:cb00:7107', 403],
    ['[::ffff:cb00:7107]:4711', 403],
    ['2001:0DB8:0:0::66', 403],
    ['203.0.113.8', 200],
    ['203.0.113.7, 198.51.100.1', 200],
    ['198.51.100.1, 203.0.113.7', 403],
    // Not an address: the walk ends at the proxy itself.
    ['0313.0.0161.7', 200],
  ])('H-136 "X-Forwarded-For: %s" is %i', async (chain, status) => {
    await using far = await upstream()
    const rule = ipRules({ deny: ['203.0.113.7', '2001:db8::66'] })
    const gateway = createGateway({
      trustedProxies: ['loopback'],
      routes: [{ path: '/**', handler: compose(rule, forward(far.url)) }],
    })
    await using app = await frameworks[0]!.listen(gateway)
    expect((await talk(app.port, request('/', { fields: `X-Forwarded-For: ${chain}\r\n` }))).reply.status).toBe(status)
    expect(far.hits).toBe(status === 200 ? 1 : 0)
  })
})
