/** Which factories, and methods, each page in docs/ is about. */
const SUBJECTS = {
  abuse: 'anomaly ban',
  'access-control': 'addressList allowMethods ipRules originRules refererRules userAgentRules',
  'adaptive-concurrency': 'aimdLimit gradientLimit',
  adapters: 'toExpress toFastify toHono toKoa toNode',
  'admin-api': 'adminApi',
  authentication: 'allOf anyOf apiKey authenticator authorize basicAuth clientCertificate hashPassword optional',
  balancing: 'firstAvailable leastBytes leastConnections leastTime powerOfTwoChoices random roundRobin LatencyDigest',
  caching: 'cache memoryStore tieredStore purge',
  compat: 'createProxyMiddleware',
  compression: 'compress decompress',
  concepts: 'compose',
  configuration: 'fromKong gatewayFromConfig loadGateway',
  consumers: 'consumers planLimits',
  'cross-origin': 'cors csrf',
  discovery: 'consulDiscovery discovery dnsDiscovery fileDiscovery followDiscovery kubernetesDiscovery',
  explain: 'explain',
  forwarding: 'forward http1 httpProxy undici',
  hashing: 'maglev ringHash stickyCookie',
  health: 'createBreaker createHealthMonitor grpcProbe httpProbe tcpProbe tlsProbe',
  http2: 'http2',
  limits: 'bandwidthLimit bodyLimit deadline hardenServer headerLimits minDataRate uriLimits',
  logging: 'accessLog eventLog',
  metrics: 'metrics metricsPage',
  overload: 'shed',
  pools: 'add createPool pool setWeight sync',
  'rate-limits': 'concurrencyLimit createLimiter expressRateLimitStore memoryLimitStore rateLimit',
  redis: 'redisConnection redisIdempotencyStore redisLimitStore redisStore',
  rewriting:
    'canonicalHost errorPages maintenance redirect redirectToHttps replyHeaders requestHeaders rewriteCookies rewriteLocation rewriteMethod rewritePath rewriteQuery trailingSlash',
  routing: 'createGateway reload route',
  signatures: 'hmacSignature httpSignature memoryReplayStore webhookSignature',
  'status-page': 'statusPage',
  stopping: 'close gracefulShutdown liveness readiness',
  tcp: 'acceptProxyProtocol createTcpBalancer',
  testing: 'assertDistribution faultyUpstream scriptedUpstream testExchange upstream',
  tls: 'tlsOptions',
  tokens: 'forwardAuth introspect jwt',
  tracing: 'tracing',
  traffic: 'aggregate deprecation idempotency memoryIdempotencyStore mirror requestId respond split versions',
  transforming: 'convert transformJson transformText',
  validation: 'graphqlLimits jsonLimits openapi validateJson xmlLimits',
  'writing-a-filter': 'createPlugins defineFilter definePlugin filter plugins',
} as const

const PAGES: ReadonlyMap<string, string> = new Map(
  Object.entries(SUBJECTS).flatMap(([page, names]) =>
    names.split(' ').map((name) => [name, `docs/${page}.md`] as const),
  ),
)

/** The page about a factory, which may be followed by a part of its options, as `createPool queue`; else the one about errors. */
export function pageOf(factory: string): string {
  const [name = '', part] = factory.split(/[^A-Za-z0-9]+/)
  return (part === 'health' ? 'docs/health.md' : PAGES.get(name)) ?? 'docs/errors.md#err_edge_option'
}
