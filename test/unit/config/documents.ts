import type { FILTERS } from '../../../src/config/parts/filters.js'

/** What each filter of documents takes, most of them the least. */
export const filters: Readonly<Record<keyof typeof FILTERS, unknown>> = {
  allOf: [{ apiKey: { keys: { k: { id: 'a' } } } }, { basicAuth: { users: { a: 'b' } } }],
  allowMethods: { methods: ['GET'] },
  anomaly: {},
  anyOf: [{ apiKey: { keys: { k: { id: 'a' } } } }, { basicAuth: { users: { a: 'b' } } }],
  apiKey: { keys: { k: { id: 'a' } } },
  authorize: { roles: ['a'] },
  ban: {},
  bandwidthLimit: { bytesPerSecond: 1_000 },
  basicAuth: { users: { a: 'b' } },
  bodyLimit: { maxBytes: 5 },
  cache: { store: 'entries' },
  canonicalHost: { host: 'a.test' },
  clientCertificate: {},
  compress: {},
  concurrencyLimit: { limit: 5 },
  consumers: { list: [{ id: 'a', principals: ['b'] }] },
  convert: { request: { from: 'form', to: 'json' } },
  cors: { origin: 'https://a.test' },
  csrf: {},
  deadline: { totalMs: 5 },
  decompress: {},
  deprecation: { since: '2026-06-01', sunset: '2027-06-01T00:00:00Z' },
  errorPages: { pages: { 404: 'gone' } },
  forwardAuth: { pool: 'a', path: '/auth' },
  graphqlLimits: {},
  headerLimits: { maxFields: 50 },
  hmacSignature: { form: 'github', secrets: ['0123456789abcdef'] },
  httpSignature: { keys: { a: { algorithm: 'hmac-sha256', key: '0123456789abcdef0123456789abcdef' } } },
  idempotency: {},
  introspect: { endpoint: 'https://a.test/introspect', clientId: 'a', clientSecret: 'b' },
  ipRules: { allow: ['10.0.0.0/8'] },
  jsonLimits: {},
  jwt: { key: '0123456789abcdef0123456789abcdef', algorithms: ['HS256'] },
  maintenance: {},
  minDataRate: { uploadBytesPerSecond: 5 },
  mirror: { to: { forward: 'a', filters: ['requestId'] } },
  openapi: { document: 'openapi: 3.1.0\ninfo: { title: a, version: "1" }\npaths: {}\n' },
  optional: { apiKey: { keys: { k: { id: 'a' } } } },
  originRules: {},
  planLimits: { plans: { free: { limits: [{ limit: 5 }] } } },
  rateLimit: { limits: [{ limit: 5, name: 'a', keyGenerator: ['address', { header: 'x-a' }] }], store: 'counts' },
  redirectToHttps: {},
  refererRules: {},
  replyHeaders: { set: { 'x-a': 'b' } },
  requestHeaders: { remove: ['x-a'] },
  requestId: {},
  rewriteCookies: { secure: true },
  rewriteLocation: {},
  rewriteMethod: { to: 'POST' },
  rewritePath: { strip: '/a' },
  rewriteQuery: { remove: ['a'] },
  shed: { maxInFlight: 5 },
  tracing: {
    trust: 'always',
    baggage: 'drop',
    tellClient: 'traceresponse',
    openTelemetry: true,
    urlQuery: 'omit',
    probes: true,
  },
  trailingSlash: { mode: 'remove' },
  transformJson: { request: { remove: ['/a'] } },
  transformText: { reply: { replace: [{ find: { regex: 'a+b', flags: 'i' }, with: 'c', maxLength: 10 }] } },
  uriLimits: { maxLength: 5 },
  userAgentRules: { deny: ['curl*', { regex: '^bot', flags: 'i' }] },
  validateJson: { body: { type: 'object' }, formats: { plate: { regex: '^[A-Z]+$' } } },
  webhookSignature: { form: 'github', secrets: ['0123456789abcdef'] },
  xmlLimits: {},
}

/** Handlers of documents: what they show, and how a route says it. */
export const handlers: readonly (readonly [what: string, handler: object])[] = [
  [
    'forward, with all that has names',
    {
      forward: {
        pool: 'a',
        transport: { http2: { maxSessions: 2 } },
        retry: { attempts: 2, on: [503] },
        pathRewrite: { '^/a': '/b' },
      },
    },
  ],
  ['forward by http-proxy', { forward: { pool: 'a', transport: 'httpProxy' } }],
  ['respond', { respond: { json: { regex: 'a' }, headers: { 'x-a': ['b'] } } }],
  ['redirect', { redirect: { to: '/b' } }],
  [
    'split',
    {
      split: {
        branches: { a: { forward: 'a', weight: 1 }, b: { weight: 0, handOver: true, filters: ['requestId'] } },
        key: 'client',
      },
    },
  ],
  ['versions', { versions: { versions: { 1: { forward: 'a' }, 2: { respond: {} } }, from: [{ path: 'v' }] } }],
  [
    'aggregate',
    { aggregate: { parts: { a: { forward: 'a', path: '/x', fallback: [] }, b: { respond: { json: 1 } } } } },
  ],
  ['liveness', { liveness: true }],
  ['readiness', { readiness: { pools: ['a'], details: true } }],
  ['handOver', { handOver: true }],
]

/** Pools of documents: what they show, and some that do. */
export const pools: readonly (readonly [what: string, pools: readonly object[]])[] = [
  [
    'every strategy by name',
    ['firstAvailable', 'leastBytes', 'leastConnections', 'leastTime', 'powerOfTwoChoices', 'random', 'roundRobin'].map(
      (balancer) => ({ balancer }),
    ),
  ],
  [
    'strategies with options',
    [
      { balancer: { maglev: { key: { header: 'a' } } } },
      { balancer: { leastTime: { decayMs: 5 } } },
      { balancer: { stickyCookie: { name: 'a', fallback: { ringHash: { key: 'client' } } } } },
      { balancer: { random: {} } },
    ],
  ],
  [
    'health, by every probe',
    ['http', 'tcp', 'tls', 'grpc', { grpc: { service: 'a' } }].map((probe) => ({ health: { active: { probe } } })),
  ],
  [
    'health by patterns',
    [
      {
        health: {
          active: { body: { regex: 'ok' }, headers: { a: { regex: 'b' } } },
          passive: { statuses: [503] },
          outliers: {},
        },
      },
    ],
  ],
  ['limits that learn', [{ concurrency: { aimd: { initialLimit: 5 } } }, { concurrency: { gradient: {} } }]],
  [
    'discovery',
    [{ discovery: { dns: { hostname: 'a.test', port: 80 } } }, { discovery: { file: { path: 'none.json' } } }],
  ],
  [
    'all the rest',
    [
      {
        zone: 'a',
        spillOver: 2,
        panicThreshold: 0.5,
        slowStartMs: 5,
        queue: { limit: 5 },
        retryBudget: { ratio: 1 },
        tls: { servername: 'a.test' },
        dnsTtlMs: 5,
      },
    ],
  ],
]
