// balancing
export * from './balancing/index.js'
// messages
export {
  type Body,
  type BodySink,
  type BodySource,
  type BytesBody,
  bytesBody,
  type EmptyBody,
  emptyBody,
  StreamBody,
} from './body.js'
export { type ThroughOptions, through } from './body-through.js'
export { bytes, fromReadable, readable, recorded, tee, toBody } from './body-tools.js'
export { EdgeError, type EdgeErrorCode, type EdgeErrorInfo, type ErrorSource } from './errors.js'
export { type EdgeEvents, EventHub, events } from './events.js'
export {
  type DetachedExchange,
  type Exchange,
  type ExchangeChange,
  type StateKey,
  stateKey,
  type UpgradeRequest,
} from './exchange.js'
// composing
export {
  type Chain,
  compose,
  defineFilter,
  type Filter,
  type FilterStage,
  type FilterTraits,
  type Handler,
  type HandlerTraits,
  type PlainHandler,
  type Verdict,
} from './filter.js'
// filters
export * from './filters/index.js'
// forwarding
export { forward } from './forward.js'
export { keepRawBody } from './forwarding/consumed-body.js'
export type { ForwardOptions } from './forwarding/forward-options.js'
export type { HedgeOptions } from './forwarding/hedge.js'
export { type HttpProxyOptions, httpProxy } from './forwarding/http-proxy/transport.js'
export { type Http1Options, http1 } from './forwarding/http1/transport.js'
export { type Http2Options, http2 } from './forwarding/http2/transport.js'
export type { RetryCondition, RetryOptions } from './forwarding/retry-options.js'
export type { Attempt, AttemptProgress, AttemptTimeouts, Transport } from './forwarding/transport.js'
export { type UndiciOptions, undici } from './forwarding/undici/transport.js'
export { createGateway, type Gateway, type ServedGateway } from './gateway.js'
export type { GatewayOptions } from './gateway-options.js'
export { exchangeOf, handOver } from './hand-over.js'
// health
export * from './health/index.js'
export { type AddressList, addressList } from './http/address-list.js'
export type { ClientCertificate, ClientInfo } from './http/client-info.js'
export type { ForwardedStyle } from './http/forwarded.js'
export { changeHeaders, fieldValue, type HeaderMap, type MutableHeaderMap, toHeaders } from './http/header-map.js'
export type { HeaderRules } from './http/header-rules.js'
export type { HeaderValue } from './http/header-value.js'
export type { Target, TargetPolicy } from './http/target.js'
// limiting
export * from './limiting/index.js'
// observing
export * from './observing/index.js'
export type { Bytes, Milliseconds } from './options.js'
export type { AttemptOutcome, AttemptTimes, Outcome, Termination } from './outcome.js'
// plugins
export { createPlugins, definePlugin, type Plugin, type Plugins, type PluginUse } from './plugins.js'
// upstream
export { createPool, type PoolOptions } from './pool.js'
export { type Problem, problem } from './problem.js'
export { discard, emptyReply, type Reply, reply, type Tunnel } from './reply.js'
export type { PathParams } from './routing/path-params.js'
export type { PathRewrite } from './routing/rewrite.js'
export type { RouteHandler, RouteOptions } from './routing/route.js'
// serving
export * from './serving/index.js'
export type { TunnelCounts, Tunneled, TunnelOwner, TunnelSummary, TunnelTotals } from './tunnels.js'
export { type AimdLimitOptions, aimdLimit } from './upstream/aimd-limit.js'
export type { Clock } from './upstream/clock.js'
export type { ConcurrencyLimit } from './upstream/concurrency-limit.js'
export * from './upstream/discovery/index.js'
export type { DrainOptions } from './upstream/drains.js'
export type { Endpoint, EndpointOptions, EndpointState, UpstreamTls } from './upstream/endpoint.js'
export { type GradientLimitOptions, gradientLimit } from './upstream/gradient-limit.js'
export { LatencyDigest, type LatencyDigestOptions } from './upstream/latency-digest.js'
export type { Lease } from './upstream/lease.js'
export type { Pool } from './upstream/pool.js'
export type { QueueOptions } from './upstream/queue.js'
export type { RetryBudgetOptions } from './upstream/retry-budget.js'
export type { EndpointSnapshot, LatencySnapshot, LevelSnapshot, PoolSnapshot } from './upstream/snapshot.js'
