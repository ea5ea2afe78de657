import { fromKong } from 'edgewise/config'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const base = { _format_version: '3.0' }

/** A document of one service with one route, and what is odd about them. */
function document(route: object = {}, service: object = {}, top: object = {}): object {
  return {
    ...base,
    services: [
      { name: 'users', url: 'http://10.0.0.1:3000/api', ...service, routes: [{ paths: ['/users'], ...route }] },
    ],
    ...top,
  }
}

const plugin = (name: string, config: object = {}): object => ({ plugins: [{ name, config }] })
const filtersOf = (kong: object): unknown => fromKong(kong).config.routes[0]?.filters

describe('fromKong', () => {
  it('takes services, routes and plugins as YAML, JSON, or parsed', () => {
    const yaml = `
_format_version: "3.0"
services:
  - name: users
    url: http://10.0.0.1:3000/api
    connect_timeout: 2000
    retries: 3
    routes:
      - name: read
        paths: [/users]
        methods: [GET]
        hosts: [api.example.com, "*.example.org"]
        plugins:
          - name: rate-limiting
            config: { minute: 100, policy: local, limit_by: ip }
`
    const { config, notes } = fromKong(yaml)
    expect(config).toEqual({
      pools: { users: { endpoints: ['http://10.0.0.1:3000/api'] } },
      routes: [
        {
          path: '/users/**',
          methods: ['GET'],
          hosts: ['api.example.com', '*.example.org'],
          filters: [
            {
              rateLimit: {
                limits: [{ limit: 100, period: 'minute', algorithm: 'fixed-window', keyGenerator: 'address' }],
              },
            },
            { rewritePath: { strip: '/users' } },
          ],
          forward: { pool: 'users', retry: { attempts: 4 }, connectTimeoutMs: 2000, changeOrigin: true },
        },
      ],
    })
    expect(notes.map(({ at, kind }) => [at, kind])).toEqual([['services[0].routes[0]', 'differs']])
    expect(fromKong(JSON.stringify(document())).config).toEqual(fromKong(document()).config)
  })

  it('makes a pool of an upstream, with its weights, its hash and its health checks', () => {
    const upstream = {
      name: 'backend',
      algorithm: 'consistent-hashing',
      hash_on: 'header',
      hash_on_header: 'x-user',
      hash_fallback: 'ip',
      targets: [{ target: '10.0.0.1:80', weight: 100 }, { target: '10.0.0.2:80', weight: 50 }, { target: 'c.test' }],
      healthchecks: {
        active: {
          type: 'http',
          http_path: '/up',
          timeout: 2,
          healthy: { interval: 5, successes: 2 },
          unhealthy: { interval: 1, http_failures: 4 },
        },
        passive: { unhealthy: { http_failures: 3, http_statuses: [429, 500, 503] } },
      },
    }
    const services = ['a', 'b'].map((name) => ({
      name,
      host: 'backend',
      protocol: 'http',
      routes: [{ paths: [`/${name}`] }],
    }))
    const { config } = fromKong({ ...base, upstreams: [upstream], services })
    expect(config.pools).toEqual({
      backend: {
        endpoints: ['http://10.0.0.1:80', { url: 'http://10.0.0.2:80', weight: 50 }, 'http://c.test:8000'],
        balancer: { ringHash: { key: { header: 'x-user' }, fallbackKey: 'client' } },
        health: {
          active: {
            path: '/up',
            status: [200, 302],
            intervalMs: 5000,
            downIntervalMs: 1000,
            timeoutMs: 2000,
            rise: 2,
            fall: 4,
          },
          passive: { failures: 3, statuses: [500, 503] },
        },
      },
    })
    expect(config.routes.map(({ forward }) => (forward as { pool: string }).pool)).toEqual(['backend', 'backend'])
  })

  it('keeps consumers with their credentials and groups', () => {
    const consumers = [
      { username: 'ann', keyauth_credentials: [{ key: 'k1' }], acls: [{ group: 'staff' }] },
      { username: 'bob', basicauth_credentials: [{ username: 'b', password: 'secret' }] },
    ]
    const plugins = [
      { name: 'acl', config: { allow: ['staff'] } },
      { name: 'key-auth', config: { key_names: ['x-key'] } },
    ]
    expect(filtersOf(document({ plugins }, {}, { consumers }))).toEqual([
      {
        apiKey: {
          keys: [{ id: 'ann', groups: ['staff'], key: 'k1' }],
          header: 'x-key',
          query: 'x-key',
          keepCredential: true,
        },
      },
      { authorize: { groups: ['staff'] } },
      { rewritePath: { strip: '/users' } },
    ])
    expect(filtersOf(document(plugin('basic-auth', { hide_credentials: true }), {}, { consumers }))).toMatchObject([
      { basicAuth: { users: { b: { id: 'bob', password: 'secret' } } } },
      {},
    ])
  })

  it('takes the plugin that stands nearest, in Kong’s order, wherever it is written', () => {
    const top = {
      plugins: [
        { name: 'ip-restriction', config: { deny: ['192.0.2.1'] } },
        { name: 'correlation-id', service: 'users', config: { header_name: 'x-id', generator: 'uuid' } },
        { name: 'cors', route: { name: 'mine' }, config: { origins: ['https://a.test'] } },
        { name: 'bot-detection', enabled: false },
      ],
    }
    const kong = document({ name: 'mine', ...plugin('ip-restriction', { allow: ['10.0.0.0/8'] }) }, {}, top)
    expect(filtersOf(kong)).toEqual([
      { requestId: { header: 'x-id', accept: 'always', tellClient: false } },
      { cors: { origin: ['https://a.test'] } },
      { ipRules: { allow: ['10.0.0.0/8'] } },
      { rewritePath: { strip: '/users' } },
    ])
  })

  it.each<readonly [string, object, unknown]>([
    ['request-size-limiting', { allowed_payload_size: 2, size_unit: 'kilobytes' }, { bodyLimit: { maxBytes: 2048 } }],
    [
      'request-transformer',
      { add: { headers: ['x-a:1:2'] }, remove: { querystring: ['q'] } },
      { rewriteQuery: { remove: ['q'] } },
    ],
    ['response-transformer', { remove: { headers: ['server'] } }, { replyHeaders: { remove: ['server'] } }],
    [
      'proxy-cache',
      { cache_ttl: 30, response_code: [200], strategy: 'memory' },
      { cache: { lifetimesMs: { 200: 30_000 } } },
    ],
    ['jwt', {}, undefined],
  ])('carries %s over', (name, config, filter) => {
    const filters = filtersOf(document(plugin(name, config))) as unknown[]
    if (filter !== undefined) expect(filters).toContainEqual(filter)
  })

  it('answers in place of the upstream', () => {
    const [route] = fromKong(document(plugin('request-termination', { status_code: 410, message: 'gone' }))).config
      .routes
    expect(route).toEqual({ path: '/users/**', respond: { status: 410, json: { message: 'gone' } } })
  })

  describe('lets nothing through that Kong would keep out', () => {
    it.each<readonly [object, string]>([
      [document(plugin('openid-connect')), 'plugin "openid-connect"'],
      [document(plugin('constructor')), 'plugin "constructor"'],
      [document(plugin('acl', { deny: ['x'] })), 'deny'],
      [
        document(
          plugin('key-auth', { new_option: true }),
          {},
          { consumers: [{ username: 'a', keyauth_credentials: [{ key: 'k' }] }] },
        ),
        'new_option',
      ],
      [document(plugin('rate-limiting', { year: 5 })), 'year'],
      [document({ snis: ['a.test'] }), 'snis'],
      [document({ sources: [{ ip: '10.0.0.1' }] }), 'sources'],
      [document({ paths: ['~/users/\\d+$'] }), 'is no glob'],
      [document({ hosts: ['a.*'] }), 'host a.*'],
      [document({ paths: ['~/users$'], strip_path: true }), 'strip_path'],
      [document({ new_condition: 'x' }), 'new_condition'],
      [document({}, {}, { plugins: [{ name: 'acl', consumer: 'ann', config: { allow: ['x'] } }] }), 'of a consumer'],
    ])('%#: refuses, naming it; or goes on without the route, or with it closed', (kong, named) => {
      expect(() => fromKong(kong)).toThrow(named)
      const { config, notes } = fromKong(kong, { partial: true })
      expect(notes.some(({ kind, what }) => kind === 'unsafe' && what.includes(named))).toBe(true)
      for (const route of config.routes)
        if (named !== 'of a consumer') expect(route).toMatchObject({ respond: { status: 501 } })
    })

    it.each(['key-auth', 'basic-auth', 'jwt'])('%s without anybody who may is closed', (name) =>
      expect(fromKong(document(plugin(name))).config.routes[0]).toMatchObject({ respond: { status: 401 } }),
    )
  })

  it('names what watches, and what takes its place', () =>
    expect(fromKong(document(plugin('prometheus'))).notes).toContainEqual({
      at: 'services[0].routes[0].plugins[0]',
      kind: 'left-out',
      what: 'plugin "prometheus": use metrics()',
    }))

  it.each<readonly [unknown, string]>([
    ['a: [', 'YAML'],
    [{}, '_format_version'],
    [{ _format_version: '1.1' }, '_format_version'],
    [{ ...base, services: {} }, 'services'],
    [{ ...base, services: [5] }, 'services[0]'],
    [{ ...base, services: [{ url: 'nowhere' }] }, 'services[0].url'],
    [document({ paths: '/a' }), 'services[0].routes[0].paths'],
  ])('refuses %j', (kong, named) => expect(() => fromKong(kong as object)).toThrow(named))

  it('makes a configuration or an EdgeError of anything', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string(), { maxLength: 2 }),
      fc.object({ maxDepth: 2 }),
    )
    const keys =
      'name url host paths hosts methods headers strip_path plugins config routes targets protocol enabled'.split(' ')
    const entity = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 })
    const names = 'services routes plugins upstreams consumers'.split(' ')
    const kong = fc.dictionary(fc.constantFrom(...names), fc.array(entity, { maxLength: 2 }))
    fc.assert(
      fc.property(kong, (parts) => {
        try {
          fromKong({ ...base, ...parts }, { partial: true })
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_EDGE_OPTION' })
        }
      }),
      { numRuns: 500 },
    )
  })
})
