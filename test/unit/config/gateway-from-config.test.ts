import { createPool, definePlugin, EventHub, memoryLimitStore, type Pool, requestHeaders, respond } from 'edgewise'
import {
  type ConfigContext,
  ConfigError,
  type ConfiguredGateway,
  type EdgeConfig,
  gatewayFromConfig,
} from 'edgewise/config'
import { describe, expect, it } from 'vitest'

const routes: EdgeConfig['routes'] = [{ path: '/**', respond: { body: 'ok' } }]
const FAR = 'http://127.0.0.1:1'

/** What is wrong with a document: `path: message`, each. */
async function wrong(config: unknown, context?: ConfigContext): Promise<readonly string[]> {
  const error = await gatewayFromConfig(config as EdgeConfig, context).then(
    (edge) => edge.close(),
    (thrown) => thrown as unknown,
  )
  if (!(error instanceof ConfigError)) throw error ?? new Error('nothing is wrong')
  return error.problems.map(({ path, message }) => `${path}: ${message}`)
}

async function using<T>(
  config: unknown,
  run: (edge: ConfiguredGateway) => T,
  context?: ConfigContext,
): Promise<Awaited<T>> {
  await using edge = await gatewayFromConfig(config as EdgeConfig, context)
  return await run(edge)
}

/** Asks a gateway without a server. */
function routed(edge: ConfiguredGateway, path = '/', method = 'GET'): string | null {
  const found = edge.route({ method, path, query: '', host: null, headers: {} })
  return 'route' in found ? found.route : null
}

describe('a gateway of a document', () => {
  it('has its pools by name, its routes and its policies', async () => {
    const config: EdgeConfig = {
      trustedProxies: ['10.0.0.0/8'],
      encodedSlashes: 'keep',
      pools: {
        a: { endpoints: [FAR, { url: 'http://127.0.0.1:2', weight: 3 }], balancer: { ringHash: { key: 'client' } } },
      },
      routes: [
        { path: '/a/**', methods: ['GET'], forward: 'a' },
        { path: '/b', respond: {} },
      ],
    }
    await using edge = await gatewayFromConfig(config)
    expect(edge.pools.get('a')!.endpoints.map(({ weight }) => weight)).toEqual([1, 3])
    expect([routed(edge, '/a/1'), routed(edge, '/a/1', 'POST'), routed(edge, '/b'), routed(edge, '/c')]).toEqual([
      '/a/**',
      null,
      '/b',
      null,
    ])
    expect([edge.trusted, edge.trust('10.1.1.1'), edge.policy.encodedSlashes]).toEqual([true, true, 'keep'])
  })

  it.each<[string, unknown, readonly string[]]>([
    ['no object', 5, [': an object with routes']],
    ['no routes', {}, ['routes: an array of routes, which is missing']],
    ['an unknown option', { routes, route: [] }, ['route: unknown option. Did you mean "routes"?']],
    [
      'a policy that there is not',
      { routes, encodedSlashes: 'yes' },
      ['encodedSlashes: configuration: option "encodedSlashes" is "yes"'],
    ],
    ['proxies that are none', { routes, trustedProxies: ['nobody'] }, ['trustedProxies: ']],
    [
      'an unknown option of a filter',
      { routes: [{ path: '/', filters: [{ rateLimit: { limit: 1, windowMS: 2 } }], respond: {} }] },
      ['routes[0].filters[0].rateLimit.windowMS: rateLimit: unknown option "windowMS". Did you mean "windowMs"?'],
    ],
    [
      'an option of another type',
      { routes: [{ path: '/', filters: [{ use: 'rateLimit', options: { limit: 'many' } }], respond: {} }] },
      ['routes[0].filters[0].options.limit: rateLimit: option "limit" is "many"'],
    ],
    [
      'an option deep inside',
      { pools: { a: { endpoints: [FAR], health: { active: { rise: -1 } } } }, routes },
      ['pools.a.health.active.rise: createPool health.active: option "rise" is -1'],
    ],
    [
      'a filter that there is not',
      { filters: ['ratelimit'], routes },
      ['filters[0]: no filter or plugin is called "ratelimit". Did you mean "rateLimit"?'],
    ],
    ['two filters in one', { filters: [{ cors: { origin: '*' }, csrf: {} }], routes }, ['filters[0]']],
    [
      'a pool that there is not',
      { pools: { users: { endpoints: [] } }, routes: [{ path: '/', forward: 'user' }] },
      [
        'routes[0].forward: forward: option "pool" is "user"; allowed: the name of a pool: users. Did you mean "users"?',
      ],
    ],
    ['two handlers', { routes: [{ path: '/', respond: {}, forward: 'a' }] }, ['routes[0]']],
    ['no handler', { routes: [{ path: '/' }] }, ['routes[0]: exactly one of forward']],
    ['a path that is none', { routes: [{ path: 'x', respond: {} }] }, ['routes[0]']],
    [
      'endpoints that are none',
      { pools: { a: { endpoints: ['ftp://x', { url: FAR, wight: 1 }, FAR] } }, routes },
      [
        'pools.a.endpoints[0]: createPool: option "endpoints" is "ftp://x"',
        'pools.a.endpoints[1].wight: createPool: unknown option "wight". Did you mean "weight"?',
      ],
    ],
    [
      'a pool of layer 4',
      { pools: { a: { endpoints: ['tcp://10.0.0.1:5432'] } }, routes },
      ['pools.a: forward: option "pool"'],
    ],
    [
      'pools that fall back on each other',
      {
        pools: { a: { endpoints: [FAR], fallback: 'b' }, b: { endpoints: [FAR], fallback: 'a' } },
        routes,
      },
      ['pools.b.fallback: pools that fall back on each other: a → b → a'],
    ],
    [
      'a store outside a guard',
      { filters: ['cache', 'csrf'], routes },
      ['routes[0]: route /**: "cache" (store) stands outside "csrf" (guard)'],
    ],
    [
      'a list that there is not',
      { filterLists: { api: [] }, filters: [{ list: 'apis' }], routes },
      [
        'filters[0].list: filter: option "list" is "apis"; allowed: the name of a list of filters: api. Did you mean "api"?',
      ],
    ],
    [
      'a list that is a part of itself',
      { filterLists: { api: [{ list: 'api' }] }, routes },
      ['filterLists.api[0].list: filter: option "list" is "api"'],
    ],
    [
      'a split of which a branch is wrong',
      {
        routes: [
          {
            path: '/',
            split: { branches: { a: { respond: { status: 99 }, weight: 1 }, b: { handOver: 1, weight: 1 } } },
          },
        ],
      },
      [
        'routes[0].split.branches.a.respond.status: respond: option "status" is 99',
        'routes[0].split.branches.b.handOver: handOver: option "handOver" is 1; allowed: true',
      ],
    ],
    [
      'a hub',
      { filters: [{ csrf: { events: {} } }], routes },
      ['filters[0].csrf.events: csrf: option "events" is an object; allowed: nothing: it is for code'],
    ],
    [
      'a clock',
      { filters: [{ deadline: { totalMs: 1, clock: {} } }], routes },
      ['filters[0].deadline.clock: deadline: option "clock"'],
    ],
    [
      'a clock of health checks',
      { pools: { a: { endpoints: [FAR], health: { active: { clock: {} } } } }, routes },
      ['pools.a.health.active.clock'],
    ],
    [
      'a regular expression that is none',
      { filters: [{ userAgentRules: { deny: [{ regex: '(' }] } }], routes },
      ['filters[0].userAgentRules'],
    ],
    [
      'flags that remember',
      { routes: [{ path: '/', headers: { a: { regex: 'x', flags: 'g' } }, respond: {} }] },
      ['routes[0]'],
    ],
    [
      'a balancer that there is not',
      { pools: { a: { endpoints: [FAR], balancer: 'roundrobin' } }, routes },
      ['pools.a.balancer: createPool: option "balancer" is "roundrobin"'],
    ],
    [
      'checks of readiness, which are functions',
      { routes: [{ path: '/', readiness: { checks: {} } }] },
      ['routes[0].readiness.checks: readiness: unknown option "checks"'],
    ],
    [
      'readiness by a pool that there is not',
      { pools: { users: { endpoints: [FAR] } }, routes: [{ path: '/', readiness: { pools: ['user'] } }] },
      ['routes[0].readiness.pools: readiness: option "pools" is "user"'],
    ],
    [
      'options of liveness',
      { routes: [{ path: '/', liveness: {} }] },
      ['routes[0].liveness: liveness: option "liveness" is an object; allowed: true'],
    ],
    [
      'a tracer',
      { filters: [{ tracing: { tracer: {} } }], routes },
      ['filters[0].tracing.tracer: tracing: option "tracer"'],
    ],
    [
      'a store that there is not',
      { filters: [{ rateLimit: { limit: 1, store: 'redis' } }], routes },
      [
        'filters[0].rateLimit.store: rateLimit: option "store" is "redis"; allowed: the name of a store: none is known.',
      ],
    ],
  ])('does not have %s', async (_what, config, problems) => {
    const found = await wrong(config)
    for (const problem of problems)
      expect(
        found.some((each) => each.startsWith(problem)),
        found.join('\n'),
      ).toBe(true)
  })

  it('tells all that is wrong at once, to a bound', async () => {
    const bad = (at: number): object => ({
      path: `/${at}`,
      filters: [{ rateLimit: { limit: 0 } }, 'nope'],
      forward: 'nobody',
    })
    const problems = await wrong({ pools: { a: {} }, filters: [{ cors: {} }], routes: [bad(0), bad(1)] })
    expect(problems.map((each) => each.split(':')[0])).toEqual([
      'pools.a',
      'filters[0].cors',
      'routes[0].forward',
      'routes[0].filters[0].rateLimit.limit',
      'routes[0].filters[1]',
      'routes[1].forward',
      'routes[1].filters[0].rateLimit.limit',
      'routes[1].filters[1]',
    ])
    const many = gatewayFromConfig({ routes: Array.from({ length: 50 }, (_, at) => bad(at)) } as never)
    await expect(many).rejects.toThrow(/\nand 130 more$/)
  })

  it('takes filters in three ways, lists of them, and null for none', async () => {
    const config = {
      filterLists: { all: ['requestId', { list: 'inner' }], inner: [{ cors: { origin: '*' } }], none: null },
      filters: [{ list: 'all' }, { csrf: null }, { use: 'bodyLimit', options: { maxBytes: 1 } }],
      routes: [{ path: '/', filters: null, respond: null }],
    }
    expect(await using(config, (edge) => routed(edge))).toBe('/')
  })

  it('takes filters, handlers, pools and stores that code gives, and closes none of the last two', async () => {
    let closed = 0
    const pool: Pool = createPool({ name: 'mine', endpoints: [FAR] })
    const store = { ...memoryLimitStore(), close: () => void closed++ }
    const plugin = definePlugin({
      name: '@acme/tenant',
      schema: {
        type: 'object',
        properties: { tenant: { type: 'string' }, level: { type: 'number' } },
        additionalProperties: false,
      },
      create: ({ tenant }: { tenant: string; level: number }) => requestHeaders({ set: { 'x-tenant': tenant } }),
    })
    const context: ConfigContext = {
      plugins: [plugin],
      pools: [pool],
      stores: { shared: store },
      handlers: { home: () => respond({ body: 'home' }) },
      env: { LEVEL: '5', TENANT: '7' },
    }
    const config = {
      filters: [
        { '@acme/tenant': { tenant: `\${TENANT}`, level: `\${LEVEL}` } },
        { use: '@acme/tenant', options: { tenant: 'b', level: `\${LEVEL}` } },
        { rateLimit: { limit: 5, store: 'shared', name: 'a' } },
      ],
      routes: [
        { path: '/', handler: 'home' },
        { path: '/far', forward: 'mine' },
      ],
    }
    await using(config, () => {}, context)
    expect(closed).toBe(0)
    expect(pool.acquire({ upgrade: null } as never)).toMatchObject({ pool: 'mine' })
    await pool.close()
    const [first] = await wrong({ filters: [{ '@acme/tenant': { tenant: 5 } }], routes }, context)
    expect(first).toContain(
      'filters[0]["@acme/tenant"].tenant: plugins, plugin "@acme/tenant": option "options.tenant" is 5',
    )
  })

  it.each([
    [
      'a plugin with the name of a filter',
      { plugins: [definePlugin({ name: 'cors', create: () => requestHeaders({}) })] },
    ],
    ['an unknown option', { plugin: [] }],
    ['a handler that is none', { handlers: { a: 5 } }],
    ['a pool that is none', { pools: [5] }],
  ])('does not take %s of code', async (_what, context) => {
    await expect(gatewayFromConfig({ routes }, context as never)).rejects.toMatchObject({ code: 'ERR_EDGE_OPTION' })
  })

  it('closes what it made when something is wrong', async () => {
    const events = new EventHub()
    let closed = 0
    const plugin = definePlugin({
      name: 'mine',
      create: () => Object.assign(requestHeaders({}), { close: async () => void closed++ }),
    })
    const config = {
      pools: { a: { endpoints: [FAR] } },
      filters: ['mine'],
      routes: [{ path: '/', filters: ['mine', 'nope'], forward: 'a' }],
    }
    await wrong(config, { plugins: [plugin], events })
    expect(closed).toBe(2)
  })
})

describe('values from elsewhere', () => {
  const env = { NAME: 'value', PORT: '1', ON: 'true', SECRET: 'hunter2hunter2', ODD: `\${NAME}: [1]` }

  it('stand in texts, and are what the schema wants where they are all of it', async () => {
    const config = {
      pools: { a: { endpoints: [`http://127.0.0.1:\${PORT}`], maxConnections: `\${PORT}` } },
      caseSensitive: `\${ON}`,
      filters: [
        { basicAuth: { users: { [`a`]: `\${PORT}` }, realm: `\${ON}` } },
        { rateLimit: { limit: `\${LIMIT:-10}`, name: `x\${PORT}` } },
      ],
      routes: [{ path: '/', respond: { body: `\${ODD}`, json: undefined } }],
    }
    await using(config, (edge) => expect(edge.pools.get('a')!.endpoints[0]!.port).toBe(1), { env })
  })

  it.each<[string, unknown, ConfigContext, string]>([
    [
      'is not set',
      { routes, trustedProxies: [`\${NOBODY}`] },
      { env },
      'trustedProxies[0]: the environment variable NOBODY is not set',
    ],
    [
      'may not be asked for',
      { routes, trustedProxies: [`\${SECRET}`] },
      { env, envNames: ['EDGE_*', 'PORT'] },
      'the environment variable SECRET may not be asked for',
    ],
    [
      'is inherited',
      { routes, trustedProxies: [`\${toString}`] },
      { env },
      'the environment variable toString is not set',
    ],
    [
      'is in no file',
      { routes, trustedProxies: [`\${file:nobody}`] },
      { base: '/nowhere' },
      "nobody can't be read: ENOENT",
    ],
    [
      'is in a file, where none may be read',
      { routes, trustedProxies: [`\${file:/etc/hostname}`] },
      { files: false },
      'no files may be read here',
    ],
    ['is written wrong', { routes, trustedProxies: [`\${A`] }, {}, `is no \${NAME}`],
  ])('one that %s is a problem of its place', async (_what, config, context, problem) => {
    expect((await wrong(config, context)).join('\n')).toContain(problem)
  })

  it('are never shown by errors', async () => {
    const [problem] = await wrong({ routes, filters: [{ cors: { origin: '*', methods: `\${SECRET}` } }] }, { env })
    expect(problem).toContain(`"\${SECRET}"`)
    expect(problem).not.toContain('hunter2')
  })
})
