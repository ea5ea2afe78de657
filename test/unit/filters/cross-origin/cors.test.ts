import {
  type CorsOptions,
  cache,
  compose,
  cors,
  createGateway,
  EdgeError,
  type Exchange,
  type Handler,
  handOver,
  ipRules,
  memoryStore,
  type Reply,
  reply,
} from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { isHandedOver } from '../../../../src/hand-over.js'
import { type Asked, asked } from '../../asked.js'

const PAGE = 'https://app.example.com'
const listed = { origin: [PAGE, 'https://*.example.org'] } as const

const ask = (
  options: CorsOptions,
  origin: string | undefined,
  more: Asked = {},
  handler: Handler = async () => reply(200, 'x'),
) => {
  const headers = { ...(origin === undefined ? {} : { origin }), ...more.headers }
  return compose(cors(options), handler)(asked('/x', { ...more, headers }))
}

const preflight = (options: CorsOptions, origin: string, headers: Record<string, string> = {}): Promise<Reply> =>
  ask(
    options,
    origin,
    { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT', ...headers } },
    async () => {
      throw new Error('a preflight went on')
    },
  )

const allowOrigin = ({ headers }: Reply) => headers['access-control-allow-origin']

describe('who may read', () => {
  it.each<[string | undefined, boolean]>([
    [PAGE, true],
    ['https://a.example.org', true],
    ['https://a.b.example.org', true],
    [undefined, false],
    ['null', false],
    ['', false],
    ['http://app.example.com', false],
    ['https://app.example.com:8443', false],
    ['https://example.org', false],
    ['https://evil-example.org', false],
    ['https://evil-app.example.com', false],
    ['https://app.example.com.evil.test', false],
    ['https://evil.test/https://app.example.com', false],
    ['https://app.example.com@evil.test', false],
    ['https://app.example.com, https://evil.test', false],
    ['https://app.example.com ', false],
  ])('H-198 a page of %j: %s', async (origin, may) => {
    for (const credentials of [false, true]) {
      const options = { ...listed, credentials, exposedHeaders: ['X-Total'] }
      for (const answer of [
        await ask(options, origin),
        ...(origin === undefined ? [] : [await preflight(options, origin)]),
      ]) {
        expect(allowOrigin(answer)).toBe(may ? origin : undefined)
        expect(answer.headers['access-control-allow-credentials']).toBe(may && credentials ? 'true' : undefined)
        expect(answer.headers['vary']).toMatch(/^Origin/)
      }
      expect((await ask(options, origin)).headers['access-control-expose-headers']).toBe(may ? 'X-Total' : undefined)
    }
  })

  it('is everybody with *, told to all alike', async () => {
    for (const origin of [undefined, 'null', PAGE]) {
      const { headers } = await ask({ origin: '*' }, origin)
      expect([headers['access-control-allow-origin'], headers['vary']]).toEqual(['*', undefined])
    }
    expect(allowOrigin(await ask({ origin: ['*'] }, 'null'))).toBe('*')
  })

  it('H-198 is the origin null where it is listed only, and never with credentials', async () => {
    expect(allowOrigin(await ask({ origin: ['null'] }, 'null'))).toBe('null')
    expect(allowOrigin(await ask({ origin: () => true }, 'null'))).toBeUndefined()
    expect(() => cors({ origin: ['null'], credentials: true })).toThrow(/no null with credentials/)
  })

  it.each([
    ['at once', (origin: string) => origin === PAGE],
    ['later', async (origin: string) => origin === PAGE],
  ])('is who a function says, %s', async (_when, says) => {
    const origin = vi.fn(says)
    expect(allowOrigin(await ask({ origin }, PAGE))).toBe(PAGE)
    expect(allowOrigin(await preflight({ origin, credentials: true }, PAGE))).toBe(PAGE)
    expect(allowOrigin(await ask({ origin }, 'https://b.test'))).toBeUndefined()
    expect(origin).toHaveBeenCalledTimes(3)
    expect((await ask({ origin }, undefined)).headers['vary']).toBe('Origin')
    expect(origin).toHaveBeenCalledTimes(3)
  })

  it('a function that fails lets nobody in, and nothing is asked of the upstream', async () => {
    const handler = vi.fn(async () => reply(200))
    const origin = async () => Promise.reject(new Error('boom'))
    await expect(ask({ origin }, PAGE, {}, handler)).rejects.toThrow('boom')
    expect(handler).not.toHaveBeenCalled()
    expect(allowOrigin(await ask({ origin: (() => 'yes') as never }, PAGE))).toBeUndefined()
  })
})

describe('a preflight', () => {
  it('is answered with all that a page may', async () => {
    const answer = await preflight({ ...listed, credentials: true, maxAgeMs: 600_000, methods: ['GET', 'PUT'] }, PAGE, {
      'access-control-request-headers': 'authorization,x-a',
    })
    expect([answer.status, answer.body.kind]).toEqual([204, 'empty'])
    expect({ ...answer.headers }).toEqual({
      'access-control-allow-origin': PAGE,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'authorization,x-a',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    })
  })

  it('of a page that may not is told nothing', async () => {
    const answer = await preflight({ ...listed, maxAgeMs: 1_000 }, 'https://evil.test')
    expect([answer.status, { ...answer.headers }]).toEqual([204, { vary: 'Origin, Access-Control-Request-Headers' }])
  })

  it('is told the fields that are listed', async () => {
    const { headers } = await preflight({ origin: '*', allowedHeaders: ['X-A', 'X-B'] }, PAGE, {
      'access-control-request-headers': 'x-evil',
    })
    expect([headers['access-control-allow-headers'], headers['vary']]).toEqual(['X-A, X-B', undefined])
    expect(
      (await preflight({ origin: '*', allowedHeaders: [] }, PAGE)).headers['access-control-allow-headers'],
    ).toBeUndefined()
  })

  it.each(['x-a: b', 'x-a,', ',x-a', 'x-a x-b', '', '(x)', 'x'.repeat(4_097)])('is not told %j', async (wish) => {
    const { headers } = await preflight({ origin: '*' }, PAGE, { 'access-control-request-headers': wish })
    expect(headers['access-control-allow-headers']).toBeUndefined()
  })

  it('of a public page may reach a private network, if told so', async () => {
    const wish = { 'access-control-request-private-network': 'true' }
    const said = async (options: CorsOptions, headers = wish) => (await preflight(options, PAGE, headers)).headers
    expect((await said(listed))['access-control-allow-private-network']).toBeUndefined()
    const own = await said({ ...listed, privateNetwork: true })
    expect([own['access-control-allow-private-network'], own['vary']]).toEqual([
      'true',
      'Origin, Access-Control-Request-Headers, Access-Control-Request-Private-Network',
    ])
    expect(
      (await said({ ...listed, privateNetwork: true }, {} as never))['access-control-allow-private-network'],
    ).toBeUndefined()
  })

  it('is one with Origin and the method it asks about; any other OPTIONS goes on', async () => {
    for (const headers of [{ 'access-control-request-method': 'PUT' }, { origin: PAGE }])
      expect((await ask(listed, undefined, { method: 'OPTIONS', headers })).status).toBe(200)
    expect((await ask(listed, PAGE, { headers: { 'access-control-request-method': 'PUT' } })).status).toBe(200)
  })
})

describe('a reply', () => {
  it('loses what the upstream says of CORS', async () => {
    const theirs = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'X-Secret',
      'Access-Control-Allow-Methods': 'DELETE',
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '1',
      'Access-Control-Allow-Private-Network': 'true',
    }
    const far: Handler = async () => reply(200, null, { ...theirs, 'X-A': '1' })
    expect({ ...(await ask(listed, PAGE, {}, far)).headers }).toEqual({
      'access-control-allow-origin': PAGE,
      'x-a': '1',
      vary: 'Origin',
    })
    expect({ ...(await ask(listed, 'https://evil.test', {}, far)).headers }).toEqual({ 'x-a': '1', vary: 'Origin' })
    expect({ ...(await ask(listed, undefined, {}, far)).headers }).toEqual({ 'x-a': '1', vary: 'Origin' })
  })

  it.each([
    ['Accept-Encoding', 'Accept-Encoding, Origin'],
    ['accept, ORIGIN', 'accept, ORIGIN'],
    ['*', '*'],
    ['Accept, *', '*'],
  ])('H-198 with Vary: %s varies by %s', async (theirs, vary) => {
    const far: Handler = async () => reply(200, null, { vary: theirs })
    for (const origin of [PAGE, undefined, 'https://evil.test'])
      expect((await ask(listed, origin, {}, far)).headers['vary']).toBe(vary)
  })

  it('that denies, and a failure, can be read by a page that may', async () => {
    const denied = await compose(cors(listed), ipRules({ deny: ['192.0.2.0/24'] }), async () => reply(200))(
      asked('/x', { headers: { origin: PAGE } }),
    )
    expect([denied.status, allowOrigin(denied)]).toEqual([403, PAGE])
    const exchange = asked('/x', { headers: { origin: PAGE } })
    const noted = vi.spyOn(exchange, 'noteFailure')
    const error = new EdgeError('ERR_EDGE_NO_ENDPOINT', 'none', { headers: { 'retry-after': '7' } })
    const failed = await compose(cors(listed), async () => Promise.reject(error))(exchange)
    expect([failed.status, failed.headers['retry-after'], allowOrigin(failed)]).toEqual([503, '7', PAGE])
    expect(noted).toHaveBeenCalledExactlyOnceWith(error)
    await expect(ask(listed, PAGE, {}, async () => Promise.reject(new TypeError('boom')))).rejects.toThrow('boom')
  })

  it('of the framework’s own handlers gets the fields, too', async () => {
    const answer = await ask(listed, PAGE, {}, handOver())
    expect([isHandedOver(answer), allowOrigin(answer)]).toEqual([true, PAGE])
  })

  it('that is an upgrade passes as it is', async () => {
    const far: Handler = async () => reply(400, null, { 'access-control-allow-origin': '*' })
    expect({ ...(await ask(listed, PAGE, { upgrade: true }, far)).headers }).toEqual({
      'access-control-allow-origin': '*',
    })
  })
})

describe('with a cache', () => {
  it('H-198 stands outside of it: what is stored serves pages of other origins rightly, and no preflight is stored', async () => {
    const far = vi.fn(async () =>
      reply(200, 'x', { 'cache-control': 'max-age=60', 'access-control-allow-origin': 'https://b.test' }),
    )
    const handler = compose(
      cors({ origin: [PAGE, 'https://b.test'] }),
      cache({ store: memoryStore({ maxBytes: 1_000_000 }) }),
      far,
    )
    const to = (origin: string, more: Asked = {}): Exchange =>
      asked('/x', { ...more, headers: { origin, ...more.headers } })
    for (const origin of [PAGE, 'https://b.test', 'https://evil.test'])
      expect(allowOrigin(await handler(to(origin)))).toBe(origin === 'https://evil.test' ? undefined : origin)
    expect(far).toHaveBeenCalledOnce()
    const asks = { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } }
    for (const origin of [PAGE, 'https://evil.test', 'https://b.test'])
      expect(allowOrigin(await handler(to(origin, asks)))).toBe(origin === 'https://evil.test' ? undefined : origin)
    expect(far).toHaveBeenCalledOnce()
  })

  it('H-198 a gateway refuses one outside', () => {
    const filters = [cache({ store: memoryStore({ maxBytes: 1_000_000 }) }), cors(listed)]
    expect(() => createGateway({ routes: [{ path: '/**', filters, handler: async () => reply(200) }] })).toThrow(
      /"cache" \(store\) stands outside "cors"/,
    )
  })
})

describe('explain', () => {
  it.each<[string, Asked, object]>([
    [
      PAGE,
      { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } },
      { verdict: 'answer', why: 'the page may read it', status: 204 },
    ],
    [PAGE, {}, { verdict: 'change', about: 'reply', why: 'the page may read it' }],
    ['https://b.test', {}, { verdict: 'change', about: 'reply', why: 'the page may not read it' }],
    [PAGE, { upgrade: true }, { verdict: 'pass', why: 'CORS does not govern WebSockets' }],
  ])('says of %s %o what it does', (origin, more, verdict) => {
    expect(cors(listed).explain?.(asked('/x', { ...more, headers: { origin, ...more.headers } }))).toEqual(verdict)
  })

  it('asks nobody', () => {
    const filter = cors({ origin: async () => true })
    expect(filter.explain?.(asked('/x', { headers: { origin: PAGE } })).verdict).toBe('depends')
  })
})

describe('options', () => {
  it.each<[RegExp, object]>([
    [/option "origin" is undefined/, {}],
    [/origins by name, or a function, as there are credentials/, { origin: '*', credentials: true }],
    [/origins by name/, { origin: [PAGE, '*'], credentials: true }],
    [/option "origin" is "example\.com"/, { origin: 'example.com' }],
    [/option "origin" is an array/, { origin: ['https://example.com/'] }],
    [/option "origin" is an array/, { origin: [/example/] }],
    [/option "origin" is an object/, { origin: /example/ }],
    [/option "origin" is true/, { origin: true }],
    [/option "methods" is an array/, { origin: '*', methods: ['GET, PUT'] }],
    [/option "allowedHeaders" is an array/, { origin: '*', allowedHeaders: ['x y'] }],
    [/option "exposedHeaders" is "\*"/, { origin: PAGE, exposedHeaders: ['*'], credentials: true }],
    [/option "maxAgeMs" is 86400001/, { origin: PAGE, maxAgeMs: 86_400_001 }],
    [/unknown option "maxAge"\. Did you mean "maxAgeMs"/, { origin: PAGE, maxAge: 5 }],
  ])('H-198 H-155 %s', (message, options) => expect(() => cors(options as never)).toThrow(message))
})
