import http from 'node:http'
import {
  canonicalHost,
  createGateway,
  createHealthMonitor,
  createPool,
  defineFilter,
  EdgeError,
  errorPages,
  forward,
  http1,
  httpProbe,
  httpProxy,
  maintenance,
  type Pool,
  redirect,
  redirectToHttps,
  reply,
  replyHeaders,
  requestHeaders,
  rewriteCookies,
  rewriteLocation,
  rewriteMethod,
  rewritePath,
  rewriteQuery,
  trailingSlash,
  undici,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import { toFastify } from 'edgewise/fastify'
import { toHono } from 'edgewise/hono'
import { toKoa } from 'edgewise/koa'
import { toNode } from 'edgewise/node'
import { afterAll, describe, expect, it } from 'vitest'
import { check, checkOptions } from '../../src/options.js'

const AT = 'http://127.0.0.1:1'
const ok = async () => reply(200)
const pool = createPool({ name: 'far', endpoints: [AT] })
const opened: Pool[] = [pool]
afterAll(() => Promise.all(opened.map((each) => each.close())))

type Options = Record<string, unknown>

/** What names no page of its own. */
const PAGE = '(docs/errors.md#err_edge_option)'
type Factory = (options: Options) => unknown

const onePool = (options: Options): unknown => {
  const made = createPool({ name: 'p', endpoints: [AT], ...options } as never)
  opened.push(made)
  return made
}

/** Every public factory that takes options, with an option that it knows. */
const FACTORIES: readonly (readonly [name: string, make: Factory, known: string])[] = [
  ['createPool', onePool, 'maxConnections'],
  ['createPool queue', (queue) => onePool({ queue }), 'timeoutMs'],
  ['createPool retryBudget', (retryBudget) => onePool({ retryBudget }), 'minPerSecond'],
  ['createPool tls', (tls) => onePool({ tls }), 'servername'],
  ['createPool health', (health) => onePool({ health }), 'passive'],
  ['createPool health.active', (active) => onePool({ health: { active } }), 'intervalMs'],
  ['createPool health.passive', (passive) => onePool({ health: { passive } }), 'cooldownMs'],
  ['createPool endpoint', (more) => onePool({ endpoints: [{ url: AT, ...more }] }), 'weight'],
  ['pool.add', (more) => (onePool({ endpoints: [] }) as Pool).add({ url: AT, ...more }), 'weight'],
  ['forward to a pool', (options) => forward({ pool, ...options }), 'connectTimeoutMs'],
  ['forward to an address', (options) => forward(AT, options), 'connectTimeoutMs'],
  ['forward requestHeaders', (requestHeaders) => forward({ pool, requestHeaders } as never), 'remove'],
  ['forward replyHeaders', (replyHeaders) => forward({ pool, replyHeaders } as never), 'remove'],
  ['rewritePath', (options) => rewritePath({ strip: '/x', ...options }), 'caseSensitive'],
  ['rewriteQuery', (options) => rewriteQuery(options), 'append'],
  ['rewriteMethod', (options) => rewriteMethod({ to: 'POST', ...options }), 'from'],
  ['requestHeaders', (options) => requestHeaders(options), 'append'],
  ['replyHeaders', (options) => replyHeaders(options), 'rename'],
  ['rewriteLocation', (options) => rewriteLocation(options), 'origin'],
  ['rewriteCookies', (options) => rewriteCookies(options), 'partitioned'],
  ['redirect', (options) => redirect({ to: '/x', ...options }), 'keepQuery'],
  ['redirectToHttps', (options) => redirectToHttps(options), 'status'],
  ['redirectToHttps hsts', (hsts) => redirectToHttps({ hsts }), 'includeSubDomains'],
  ['trailingSlash', (options) => trailingSlash({ mode: 'add', ...options }), 'status'],
  ['canonicalHost', (options) => canonicalHost({ www: 'add', ...options }), 'status'],
  ['errorPages', (options) => errorPages({ pages: {}, ...options }), 'replies'],
  ['maintenance', (options) => maintenance(options), 'retryAfterMs'],
  ['createGateway', (options) => createGateway({ routes: [], ...options } as never), 'maxPathLength'],
  ['createGateway route', (more) => createGateway({ routes: [{ path: '/x', handler: ok, ...more }] }), 'methods'],
  ['gateway.close', (options) => createGateway({ routes: [] }).close(options as never), 'graceMs'],
  ['http1', http1, 'keepAliveMs'],
  ['undici', undici, 'keepAliveMs'],
  ['httpProxy', httpProxy, 'httpsAgent'],
  [
    'createHealthMonitor',
    (options) => createHealthMonitor({ probe: ok, onChange() {}, ...options } as never),
    'intervalMs',
  ],
  ['httpProbe', (options) => httpProbe(options as never), 'method'],
  ['defineFilter', (traits) => defineFilter({ filterName: 'x', ...traits }, ok), 'stage'],
  ['toNode', (options) => toNode(ok, options), 'fallThrough'],
  ['toExpress', (options) => toExpress(ok, options), 'fallThrough'],
  ['toKoa', (options) => toKoa(ok, options), 'fallThrough'],
  ['toHono', (options) => toHono(ok, options), 'fallThrough'],
  ['toFastify', (options) => toFastify(ok, options), 'fallThrough'],
]

const NUMBERS: readonly (readonly [option: string, make: (value: unknown) => unknown])[] = [
  ['maxConnections', (maxConnections) => onePool({ maxConnections })],
  ['dnsTtlMs', (dnsTtlMs) => onePool({ dnsTtlMs })],
  ['limit', (limit) => onePool({ queue: { limit } })],
  ['timeoutMs', (timeoutMs) => onePool({ queue: { timeoutMs } })],
  ['ratio', (ratio) => onePool({ retryBudget: { ratio } })],
  ['minPerSecond', (minPerSecond) => onePool({ retryBudget: { minPerSecond } })],
  ...['intervalMs', 'timeoutMs', 'jitter', 'rise', 'fall'].map(
    (name) => [name, (value: unknown) => onePool({ health: { active: { [name]: value } } })] as const,
  ),
  ...['failures', 'cooldownMs'].map(
    (name) => [name, (value: unknown) => onePool({ health: { passive: { [name]: value } } })] as const,
  ),
  ['weight', (weight) => onePool({ endpoints: [{ url: AT, weight }] })],
  ['weight', (weight) => pool.setWeight(AT, weight as number)],
  ...['connectTimeoutMs', 'firstByteTimeoutMs', 'idleTimeoutMs', 'totalTimeoutMs', 'tunnelIdleTimeoutMs'].map(
    (name) => [name, (value: unknown) => forward({ pool, [name]: value })] as const,
  ),
  ['maxPathLength', (maxPathLength) => createGateway({ routes: [], maxPathLength } as never)],
  ['graceMs', (graceMs) => createGateway({ routes: [] }).close({ graceMs } as never)],
  ...['keepAliveMs', 'maxConnectionAgeMs'].map((name) => [name, (value: unknown) => http1({ [name]: value })] as const),
  ...['intervalMs', 'timeoutMs', 'jitter', 'rise', 'fall'].map(
    (name) =>
      [name, (value: unknown) => createHealthMonitor({ probe: ok, onChange() {}, [name]: value } as never)] as const,
  ),
]

const ODD = [Number.NaN, -1, Infinity, -Infinity, 1.5, 2 ** 31, '5', null, true, {}, 5n]

describe.each(NUMBERS)('the option %s', (option, make) => {
  it.each(ODD.filter((value) => !(value === 1.5 && /ratio|jitter/.test(option))))(
    'H-155 refuses %s, naming itself and what is allowed',
    (value) => {
      expect(() => make(value)).toThrow(EdgeError)
      expect(() => make(value)).toThrow(new RegExp(`option "${option}" is .*; allowed: `))
    },
  )
})

describe.each(FACTORIES)('%s', (_name, make, known) => {
  it('H-155 refuses an unknown option, and says which was meant', () => {
    expect(() => make({ zzzzzzzzzzzz: 1 })).toThrow(/unknown option "zzzzzzzzzzzz"\. Known: /)
    const typo = `${known.slice(0, -2)}${known.at(-1)}`
    expect(() => make({ [typo]: undefined })).toThrow(
      new RegExp(`unknown option "${typo}"\\. Did you mean "${known}"\\?`),
    )
    expect(() => make({ [known.toUpperCase()]: 1 })).toThrow(EdgeError)
  })

  it('H-154 refuses __proto__ and constructor as options, and pollutes nothing', () => {
    for (const text of [
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      '{"toString":1}',
    ]) {
      const hostile = JSON.parse(text) as Options
      // A spread makes `__proto__` an own key again, so that it arrives where it is checked.
      expect(() => make(hostile)).toThrow(EdgeError)
    }
    expect(({} as Options)['polluted']).toBeUndefined()
  })

  it('H-155 takes undefined for absent, and frozen options as they are', () => {
    const options = Object.freeze({ [known]: undefined })
    expect(() => make(options)).not.toThrow()
    expect(options).toEqual({ [known]: undefined })
  })
})

describe('what is no options object', () => {
  it.each([{ value: null }, { value: 5 }, { value: 'x' }, { value: [] }, { value: true }])(
    'H-155 $value is refused by every factory',
    ({ value }) => {
      const makers: ((options: never) => unknown)[] = [
        createPool,
        createGateway,
        http1,
        undici,
        httpProxy,
        createHealthMonitor,
        httpProbe,
        (options) => toNode(ok, options),
        (options) => toExpress(ok, options),
        (options) => toKoa(ok, options),
        (options) => toHono(ok, options),
        (options) => toFastify(ok, options),
        (options) => forward(AT, options),
      ]
      for (const make of makers) expect(() => make(value as never)).toThrow(EdgeError)
    },
  )

  it('H-155 what cannot be left out is missed', () => {
    expect(() => createPool({ endpoints: [] } as never)).toThrow(/option "name" is undefined/)
    expect(() => createPool({ name: 'x' } as never)).toThrow(/option "endpoints" is undefined/)
    expect(() => createGateway({} as never)).toThrow(/option "routes" is undefined/)
    expect(() => createGateway({ routes: [{ path: '/x' }] } as never)).toThrow(/option "handler" is undefined/)
    expect(() => forward({} as never)).toThrow(/option "pool" is undefined/)
    expect(() => createHealthMonitor({ onChange() {} } as never)).toThrow(/option "probe" is undefined/)
    expect(() => createHealthMonitor({ probe: ok } as never)).toThrow(/option "onChange" is undefined/)
    for (const adapt of [toNode, toExpress, toKoa, toHono, toFastify])
      expect(() => adapt(undefined as never)).toThrow(EdgeError)
  })
})

describe('addresses', () => {
  const takers = { createPool: (to: string) => onePool({ endpoints: [to] }), forward: (to: string) => forward(to) }

  it.each([
    'http://a:0',
    'http://a:70000',
    'http://a:-1',
    'http://a:x',
    'http://a/?q',
    'http://a?',
    'http://a/#f',
    'http://a/x#',
    'http://u@a',
    'http://u:p@a/x',
    'http://:p@a',
    'file:///etc/passwd',
    'ftp://a',
    'ws://a',
    'javascript:alert(1)',
    'unix:relative.sock',
    'unix:',
    'a:3000',
    '//a',
    '/x',
    '',
    'http://',
    'http://a b',
    'http://a/%zz',
    'http://a/x%2fy',
    'http://a/;x',
  ])('H-155 %j is refused by every factory, without its credentials in the text', (to) => {
    for (const take of Object.values(takers)) {
      expect(() => take(to)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_OPTION' }))
      expect(() => take(to)).not.toThrow(/u:p|u@/)
    }
  })

  it.each([
    ['http://a', 'a', 80, ''],
    ['http://a:1/', 'a', 1, ''],
    ['https://A.test:65535/v1/', 'a.test', 65_535, '/v1'],
    ['http://[::1]:80/x', '::1', 80, '/x'],
    ['unix:/run/a.sock:/v1', 'localhost', 0, '/v1'],
  ])('H-155 %s is host %s, port %i, prefix %j', (to, hostname, port, pathPrefix) => {
    const [endpoint] = (takers.createPool(to) as Pool).endpoints
    expect(endpoint).toMatchObject({ hostname, port, pathPrefix })
  })

  it.each([[undefined], [null], [3000], [['http://a.test']], ['localhost:3001'], ['a.test'], ['ftp://a.test']])(
    'H-155 forward(%j) says what it wants',
    (to) => {
      const wanted =
        /^forward: option "to" is .*; allowed: a URL, as 'http:\/\/127\.0\.0\.1:3000'; or options with a pool/
      expect(() => forward(to as never)).toThrow(wanted)
    },
  )

  it('H-155 an endpoint is an address or a handler, and one of them', () => {
    expect(() => onePool({ endpoints: [{}] })).toThrow(/either a url or a handler/)
    expect(() => onePool({ endpoints: [{ url: AT, handler: ok }] })).toThrow(/either a url or a handler/)
    expect(() => onePool({ endpoints: [AT, AT] })).toThrow(/different names/)
  })

  it.each(['api', '/a/../b', '/a%2fb', '/a?b', '', '/a b', '/a#', 'http://a/'])(
    'H-155 a base of %j is refused',
    (base) => {
      for (const adapt of [toNode, toExpress, toKoa, toHono, toFastify])
        expect(() => adapt(ok, { base })).toThrow(/option "base"/)
    },
  )
})

describe('options that are shared', () => {
  it('H-155 frozen ones serve many factories, and are what they were', () => {
    const deepFreeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null)
        for (const part of Object.values(Object.freeze(value))) deepFreeze(part)
      return value
    }
    const poolOptions = deepFreeze({
      name: 'shared',
      endpoints: [{ url: AT, weight: 2 }],
      health: { active: { path: '/healthz', intervalMs: 60_000 }, passive: { failures: 2, cooldownMs: 100 } },
      queue: { limit: 5, timeoutMs: 100 },
      retryBudget: { ratio: 0.1, minPerSecond: 1 },
      tls: { servername: 'a.test' },
    })
    const shared = deepFreeze({
      connectTimeoutMs: 100,
      requestHeaders: { set: { 'X-A': '1' }, remove: ['X-B'] },
      pathRewrite: { '^/a': '/b' },
    })
    const gatewayOptions = deepFreeze({
      trustedProxies: ['10.0.0.0/8'],
      routes: [{ path: '/x', methods: ['get'], hosts: ['A.test'], headers: { 'X-A': '1' }, query: { q: '1' } }],
    })
    const before = JSON.stringify([poolOptions, shared, gatewayOptions])
    for (let round = 0; round < 2; round++) {
      onePool(poolOptions)
      forward({ pool, ...shared })
      forward(AT, shared)
      createGateway({
        ...gatewayOptions,
        routes: gatewayOptions.routes.map((route) => Object.freeze({ ...route, handler: ok })),
      })
    }
    expect(JSON.stringify([poolOptions, shared, gatewayOptions])).toBe(before)
  })

  it('H-155 an agent is used as it is', () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 3 })
    const before = { ...agent }
    httpProxy(Object.freeze({ agent }))
    expect({ ...agent }).toEqual(before)
  })

  it('H-155 a balancer that another pool holds is refused', async () => {
    const { roundRobin } = await import('edgewise')
    const balancer = roundRobin()
    onePool({ balancer })
    expect(() => onePool({ balancer })).toThrow(/a balancer that no other pool holds/)
  })
})

describe('checkOptions', () => {
  it.each([
    [check.boolean, [true, false], [0, 'true', null]],
    [check.string, ['x'], ['', 5, null]],
    [check.function, [() => {}], [{}, 'x']],
    [check.object, [{}], [[], null, 'x']],
    [check.array, [[]], [{}, 'x']],
    [check.strings, [[], ['x']], [[5], 'x']],
    [check.duration, [1, 2 ** 31 - 1], [0, 2 ** 31, Number.NaN, 1.5, -1, '1']],
    [check.durationOrOff, [0, 1], [-1, Number.NaN]],
    [check.whole(2, 4), [2, 3, 4], [1, 5, 2.5]],
    [check.oneOf('a', 'b'), ['a', 'b'], ['c', '', 5]],
    [check.either(check.string, check.function), ['x', () => {}], [5, '']],
  ])('%o admits and refuses', (test, good, bad) => {
    for (const value of good) expect(test(value as never)).toBeUndefined()
    for (const value of bad) expect(test(value as never)).toBeTypeOf('string')
  })

  it('shows a long value short, and an object by its kind', () => {
    const fault = (value: unknown): string => {
      try {
        checkOptions('f', { a: value }, { a: check.boolean })
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(fault('x'.repeat(1000))).toHaveLength(`f: option "a" is ""; allowed: true or false ${PAGE}`.length + 81)
    expect(fault({ secret: 1 })).toBe(`f: option "a" is an object; allowed: true or false ${PAGE}`)
    expect(fault([1])).toContain('is an array')
    expect(fault(() => 'secret')).toContain('is a function')
  })
})
