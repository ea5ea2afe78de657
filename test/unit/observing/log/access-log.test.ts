import {
  type AccessLogOptions,
  type AccessRecord,
  accessLog,
  EventHub,
  type Exchange,
  type Logger,
  type Outcome,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { setConsumer } from '../../../../src/filters/auth/consumer.js'
import { setPrincipal } from '../../../../src/filters/auth/principal.js'
import { asked } from '../../asked.js'
import { attempt, outcomeOf } from './outcomes.js'

const FAR = 'http://10.0.0.1:3000'

/** A hub with a log on it, and what it wrote. */
function logging(options: Partial<AccessLogOptions> = {}) {
  const events = new EventHub()
  const lines: string[] = []
  const faults: string[] = []
  events.on('fault', ({ where, error }) => faults.push(`${where}: ${(error as Error).message}`))
  const log = accessLog({ events, now: () => 0, write: (line) => lines.push(line), ...options } as AccessLogOptions)
  const begin = (exchange: Exchange, endpoint = FAR, pool = 'users'): void =>
    events.emit('attemptStart', { exchange, endpoint, pool })
  const settle = (exchange: Exchange, outcome: Outcome = outcomeOf()): AccessRecord & Record<string, unknown> => {
    events.emit('exchange', { exchange, outcome })
    return JSON.parse(lines.at(-1) ?? '{}')
  }
  return { events, lines, faults, log, begin, settle }
}

interface Line {
  readonly level: string
  readonly fields: AccessRecord & Record<string, unknown>
  readonly message: string | undefined
}

function loggerInto(lines: Line[]): Logger {
  const at =
    (level: string) =>
    (fields: object, message?: string): void =>
      void lines.push({ level, fields: fields as Line['fields'], message })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

describe('accessLog', () => {
  it('writes what is known of an exchange, in an order that stays', () => {
    const { begin, settle, lines } = logging()
    const exchange = asked('/users/1?a=1', { headers: { 'user-agent': 'curl/8', referer: 'https://a.test/' } })
    setPrincipal(exchange, { id: 'jo', scheme: 'jwt', roles: [], scopes: [], groups: [], claims: {} })
    setConsumer(exchange, { id: 'acme', plan: null, groups: [], metadata: {} })
    begin(exchange)
    settle(exchange)
    // A request that no server has read has no version.
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","method":"GET","path":"/users/1","query":"a=1","host":"a.test","protocol":"HTTP/null","status":200,"client":{"address":"192.0.2.1"},"userAgent":"curl/8","referer":"https://a.test/","principal":"jo","consumer":"acme","pool":"users","endpoint":"http://10.0.0.1:3000","attempts":1,"times":{"request":0,"queue":1,"connect":2,"response":3,"data":4,"total":10},"termination":"--","bytes":{"in":0,"out":90}}',
    ])
  })

  it('lists attempts where there were several, or one that failed', () => {
    const { begin, settle } = logging()
    const exchange = asked('/')
    begin(exchange, 'http://10.0.0.2:3000', 'spare')
    begin(exchange)
    const attempts = [
      attempt('http://10.0.0.2:3000', { error: 'ERR_EDGE_CONNECT', startedAt: 101 }),
      attempt(FAR, { startedAt: 104 }),
    ]
    expect(settle(exchange, outcomeOf({ attempts }))).toMatchObject({
      pool: 'users',
      endpoint: FAR,
      attempts: 2,
      tries: [
        { endpoint: 'http://10.0.0.2:3000', ms: 3, error: 'ERR_EDGE_CONNECT' },
        { endpoint: FAR, ms: 6, status: 200 },
      ],
    })
  })

  it('names the pool of the attempt that won, not of a hedge that lost', () => {
    const { begin, settle } = logging()
    const exchange = asked('/')
    begin(exchange)
    begin(exchange, 'http://10.0.0.2:3000', 'spare')
    const attempts = [attempt('http://10.0.0.2:3000', { error: 'ERR_EDGE_HEDGE_LOST' }), attempt(FAR)]
    expect(settle(exchange, outcomeOf({ attempts }))).toMatchObject({ pool: 'users', endpoint: FAR })
  })

  it('says what cache and limits did, and keeps what a copy of the request does out of it', () => {
    const { events, begin, settle } = logging()
    const exchange = asked('/')
    events.emit('limited', { exchange, limit: 'a', key: 'k', cost: 1, retryAfterMs: 1, dryRun: true })
    events.emit('limited', { exchange, limit: 'b', key: 'k', cost: 1, retryAfterMs: 1, dryRun: false })
    events.emit('cache', { exchange, result: 'stale', collapsed: true })
    const copy = exchange.detach()
    begin(copy, 'http://10.0.0.9:3000', 'shadow')
    events.emit('cache', { exchange: copy, result: 'miss', collapsed: false })
    const record = settle(exchange, outcomeOf({ attempts: [] }))
    expect(record).toMatchObject({ cache: 'stale', collapsed: true, limits: ['b'] })
    expect(record).not.toHaveProperty('pool')
  })

  it.each([
    [{}, 'info'],
    [{ status: 404 }, 'info'],
    [{ status: 503 }, 'error'],
    [{ who: 'upstream', phase: 'data', error: 'ERR_EDGE_UPSTREAM_RESET' }, 'warn'],
    [{ status: null, who: 'upstream', error: 'ERR_EDGE_CONNECT' }, 'error'],
    [{ status: null, who: 'client', phase: 'request', error: 'ERR_EDGE_CLIENT_CLOSED' }, 'info'],
  ] as const)('logs %j at level %s', (odd, level) => {
    const lines: Line[] = []
    const { settle } = logging({ write: undefined, logger: loggerInto(lines) })
    settle(asked('/'), outcomeOf(odd))
    expect(lines.map((line) => line.level)).toEqual([level])
  })

  it('gives a logger an object and a line for people, without a time and a level of its own', () => {
    const lines: Line[] = []
    const { settle } = logging({ write: undefined, logger: loggerInto(lines), fields: () => ({ tenant: 'acme' }) })
    settle(asked('/a%c3%a9', { base: '/api' }))
    const [{ fields, message } = {} as Line] = lines
    expect(message).toBe('GET /api/a%C3%A9 200')
    expect(fields).toMatchObject({ path: '/api/a%C3%A9', status: 200, tenant: 'acme' })
    expect(['time', 'level', 'sample'].filter((name) => name in fields)).toEqual([])
  })

  it('H-195 cuts what is long, so that a record is bounded', () => {
    const { settle, lines } = logging({ maxValueLength: 100, logHeaders: ['x-long'] })
    const long = 'a'.repeat(10_000)
    const headers = { 'user-agent': long, referer: long, 'x-long': long }
    const record = settle(asked(`/?${long}`, { headers }))
    expect([record.userAgent?.length, record.referer?.length, record.query?.length]).toEqual([103, 103, 103])
    expect(lines[0]!.length).toBeLessThan(1_000)
  })

  it('H-195 cuts what is long in a line of text, before it is escaped', () => {
    const lines: string[] = []
    const { events } = logging({ format: '{userAgent}', maxValueLength: 16, write: (line) => lines.push(line) })
    events.emit('exchange', {
      exchange: asked('/', { headers: { 'user-agent': '\u009b'.repeat(99) } }),
      outcome: outcomeOf(),
    })
    expect(lines).toEqual([`${'\\x9B'.repeat(16)}...`])
  })

  it('H-195 keeps secrets out of fields of one’s own, too, and nobody puts one in a record’s place', () => {
    const fields = (exchange: Exchange): object => ({
      status: 1,
      level: 'fatal',
      tenant: 'a\u001b\nb',
      seen: exchange.headers,
      ['__proto__']: { polluted: true },
    })
    const { settle, lines } = logging({ fields })
    const record = settle(
      asked('/', { headers: { cookie: 'sid=s3cret', authorization: 'Bearer s3cret', accept: '*/*' } }),
    )
    expect(record).toMatchObject({
      status: 200,
      level: 'info',
      tenant: 'a\\x1B\\x0Ab',
      seen: { accept: '*/*', cookie: '[redacted]', authorization: '[redacted]' },
    })
    expect(lines[0]).not.toContain('s3cret')
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })

  it('writes the record without fields of one’s own that fail, and tells', () => {
    for (const fields of [
      () => {
        throw new Error('no')
      },
      () => Promise.reject(new Error('late')) as unknown as object,
    ]) {
      const { settle, faults } = logging({ fields })
      expect(settle(asked('/'))).toMatchObject({ status: 200 })
      expect(faults).toHaveLength(1)
    }
    expect(logging({ fields: () => null as unknown as object }).settle(asked('/'))).toMatchObject({ status: 200 })
  })

  it('says of how many a sampled record is one', () => {
    const { settle, lines } = logging({ sample: 0.25, random: () => 0.2 })
    expect(settle(asked('/')).sample).toBe(0.25)
    expect(settle(asked('/'), outcomeOf({ status: 500 })).sample).toBeUndefined()
    expect(lines).toHaveLength(2)
  })

  it('stops, and leaves no listener behind', () => {
    const { events, log, lines, settle } = logging({ connections: true })
    log.close()
    log[Symbol.dispose]()
    settle(asked('/'))
    const names = ['exchange', 'connection', 'attemptStart', 'attempt', 'cache', 'limited', 'denied'] as const
    expect([lines, names.filter((name) => events.has(name))]).toEqual([[], []])
  })

  it('listens to nothing that costs more than it needs', () => {
    const { events } = logging()
    expect([events.has('attempt'), events.has('connection'), events.has('exchangeStart')]).toEqual([
      false,
      false,
      false,
    ])
  })

  it.each([
    [{}, 'one of "logger", "stream" and "write"'],
    [{ write: () => {}, stream: process.stdout }, 'one of "logger", "stream" and "write"'],
    [{ logger: { info: () => {} } }, 'info, warn and error'],
    [{ logger: console, format: 'json' }, 'option "format" is "json"; allowed: nothing with "logger"'],
    [{ stream: { write: () => true } }, 'a writable stream'],
    [{ write: () => {}, sample: 1.5 }, 'a number from 0 to 1, or a function'],
    [{ write: () => {}, smaple: 1 }, 'Did you mean "sample"?'],
    [{ write: () => {}, format: '{nope}' }, '{nope}'],
    [{ write: () => {}, maxValueLength: 1 }, 'from 16 to 16384'],
  ])('refuses %j', (options, message) => {
    expect(() => accessLog(options as never)).toThrow(message)
  })
})
