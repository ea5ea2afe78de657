/**
 * The pages of the core: what each is about, the guide that goes with it, and the files and folders of src that it is of; the longest
 * that fits decides. Every other subpath has one page of its own.
 */
export const CORE_PAGES = [
  {
    id: 'messages',
    title: 'Exchanges, replies and bodies',
    guide: 'concepts.md',
    of: 'exchange.ts reply.ts body.ts body-tools.ts body-through.ts outcome.ts problem.ts options.ts cancel.ts http/ node-exchange.ts',
  },
  {
    id: 'composing',
    title: 'Filters, handlers and plugins',
    guide: 'writing-a-filter.md',
    of: 'filter.ts hand-over.ts plugins.ts filters/denial.ts',
  },
  {
    id: 'routing',
    title: 'Gateways and routes',
    guide: 'routing.md',
    of: 'gateway.ts gateway-options.ts gateway-plan.ts routing/',
  },
  { id: 'events', title: 'Events and errors', guide: 'errors.md', of: 'events.ts errors.ts' },
  {
    id: 'forwarding',
    title: 'Forwarding and transports',
    guide: 'forwarding.md',
    of: 'forward.ts forwarding/ tunnels.ts',
  },
  { id: 'pools', title: 'Pools and endpoints', guide: 'pools.md', of: 'pool.ts upstream/' },
  { id: 'discovery', title: 'Discovery', guide: 'discovery.md', of: 'upstream/discovery.ts upstream/discovery/' },
  {
    id: 'adaptive-concurrency',
    title: 'Adaptive concurrency',
    guide: 'adaptive-concurrency.md',
    of: 'upstream/aimd-limit.ts upstream/gradient-limit.ts upstream/concurrency-limit.ts',
  },
  { id: 'balancing', title: 'Balancing', guide: 'balancing.md', of: 'balancing/' },
  { id: 'health', title: 'Health, outliers and breakers', guide: 'health.md', of: 'health/' },
  {
    id: 'rewriting',
    title: 'Rewriting, redirects and pages',
    guide: 'rewriting.md',
    of: 'filters/rewriting/ filters/redirects/ filters/pages/ http/header-rules.ts http/header-value.ts routing/rewrite.ts',
  },
  {
    id: 'compression',
    title: 'Compression',
    guide: 'compression.md',
    of: 'filters/compress/ filters/decompress/ http/accept-encoding.ts',
  },
  { id: 'caching', title: 'Caching', guide: 'caching.md', of: 'filters/cache/' },
  {
    id: 'access-control',
    title: 'Access control',
    guide: 'access-control.md',
    of: 'filters/access/ http/address-list.ts',
  },
  { id: 'cross-origin', title: 'CORS and CSRF', guide: 'cross-origin.md', of: 'filters/cross-origin/' },
  { id: 'limits', title: 'Limits of size and time', guide: 'limits.md', of: 'filters/limits/' },
  { id: 'rate-limits', title: 'Rate limits', guide: 'rate-limits.md', of: 'limiting/ filters/rate-limit/' },
  { id: 'authentication', title: 'Authentication and authorization', guide: 'authentication.md', of: 'filters/auth/' },
  { id: 'tokens', title: 'Tokens', guide: 'tokens.md', of: 'filters/auth/tokens/' },
  { id: 'signatures', title: 'Signatures', guide: 'signatures.md', of: 'filters/auth/signatures/' },
  {
    id: 'consumers',
    title: 'Consumers, plans and quotas',
    guide: 'consumers.md',
    of: 'filters/consumers/ filters/auth/consumer.ts',
  },
  { id: 'abuse', title: 'Bans and anomalies', guide: 'abuse.md', of: 'filters/abuse/' },
  { id: 'overload', title: 'Overload', guide: 'overload.md', of: 'filters/shed/' },
  { id: 'traffic', title: 'Steering traffic', guide: 'traffic.md', of: 'filters/traffic/' },
  { id: 'transforming', title: 'Transforming bodies', guide: 'transforming.md', of: 'filters/transform/' },
  { id: 'validation', title: 'Validation', guide: 'validation.md', of: 'filters/validate/ http/json-limits.ts' },
  { id: 'logging', title: 'Logs', guide: 'logging.md', of: 'observing/ observing/log/' },
  { id: 'metrics', title: 'Metrics', guide: 'metrics.md', of: 'observing/metrics/' },
  { id: 'tracing', title: 'Traces', guide: 'tracing.md', of: 'observing/tracing/' },
  {
    id: 'status-page',
    title: 'Status page',
    guide: 'status-page.md',
    of: 'observing/status/ observing/pool-source.ts',
  },
  { id: 'admin-api', title: 'Admin API', guide: 'admin-api.md', of: 'observing/admin/' },
  { id: 'explain', title: 'Explain', guide: 'explain.md', of: 'observing/explain/ verdict.ts' },
  { id: 'serving', title: 'Servers, TLS and adapters', guide: 'tls.md', of: 'serving/' },
  {
    id: 'stopping',
    title: 'Stopping, liveness and readiness',
    guide: 'stopping.md',
    of: 'serving/shutdown/ observing/vitals/ shutdown-report.ts',
  },
]

/** Guides of the subpaths whose page there is called otherwise. */
export const GUIDES = {
  config: 'configuration.md',
  node: 'adapters.md',
  express: 'adapters.md',
  koa: 'adapters.md',
  hono: 'adapters.md',
  fastify: 'adapters.md',
}
