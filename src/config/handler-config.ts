import type { RedirectOptions } from '../filters/redirects/redirect.js'
import type { AggregateOptions, AggregatePart } from '../filters/traffic/aggregate-options.js'
import type { RespondOptions } from '../filters/traffic/respond.js'
import type { SplitBranch, SplitOptions } from '../filters/traffic/split.js'
import type { VersionsOptions } from '../filters/traffic/versions.js'
import type { ForwardOptions } from '../forwarding/forward-options.js'
import type { HttpProxyOptions } from '../forwarding/http-proxy/transport.js'
import type { Http1Options } from '../forwarding/http1/transport.js'
import type { Http2Options } from '../forwarding/http2/transport.js'
import type { UndiciOptions } from '../forwarding/undici/transport.js'
import type { ReadinessOptions } from '../observing/vitals/readiness.js'
import type { DataOf } from './data-of.js'
import type { FilterConfig } from './filter-config.js'

/** Who answers: exactly one of these. */
export interface HandlerChoice {
  /** Sends exchanges to a pool: its name, or options of which one is `pool`. */
  readonly forward?: string | ForwardConfig | undefined
  /** Answers with one fixed reply. */
  readonly respond?: DataOf<RespondOptions> | undefined
  /** Sends the client to another URL. */
  readonly redirect?: DataOf<RedirectOptions> | undefined
  /** Splits traffic among handlers by weight. */
  readonly split?: SplitConfig | undefined
  /** Chooses a handler by the version that a request names. */
  readonly versions?: VersionsConfig | undefined
  /** Asks several upstreams at once and answers with one JSON document. */
  readonly aggregate?: AggregateConfig | undefined
  /** Answers 200 as long as the process can answer at all. */
  readonly liveness?: true | undefined
  /** Answers 200 when this process is to have traffic, else 503. */
  readonly readiness?: ReadinessConfig | undefined
  /** Lets the framework's own handlers answer. */
  readonly handOver?: true | undefined
  /** The name of one of the `handlers` that code gives. */
  readonly handler?: string | undefined
}

/** Who answers, with filters in front. */
export interface HandlerConfig extends HandlerChoice {
  /** In front of it, the outermost first. @default none */
  readonly filters?: readonly FilterConfig[] | undefined
}

/** Options of `forward`, with the pool and the transport by their names. */
export interface ForwardConfig extends Omit<DataOf<ForwardOptions>, 'pool' | 'transport'> {
  /** The name of one of the `pools`. */
  readonly pool: string
  /** How requests are carried. @default 'http1' */
  readonly transport?: 'http1' | 'undici' | 'http2' | 'httpProxy' | TransportConfig | undefined
}

/** One of these. */
export interface TransportConfig {
  readonly http1?: DataOf<Http1Options> | undefined
  readonly undici?: DataOf<UndiciOptions> | undefined
  readonly http2?: DataOf<Http2Options> | undefined
  readonly httpProxy?: Omit<DataOf<HttpProxyOptions>, 'agent' | 'httpsAgent'> | undefined
}

/** The gateway itself is looked at in any case. */
export interface ReadinessConfig extends Pick<ReadinessOptions, 'details'> {
  /** Pools that need an endpoint that may be tried, by their names. @default none */
  readonly pools?: readonly string[] | undefined
}

export interface SplitConfig extends Omit<DataOf<SplitOptions>, 'branches'> {
  /** By name. */
  readonly branches: Readonly<Record<string, BranchConfig>>
}

export interface BranchConfig extends HandlerConfig, Pick<SplitBranch, 'weight'> {}

export interface VersionsConfig extends Omit<DataOf<VersionsOptions>, 'versions'> {
  /** Who answers each version, by its name. */
  readonly versions: Readonly<Record<string, HandlerConfig>>
}

export interface AggregateConfig extends Omit<DataOf<AggregateOptions>, 'parts'> {
  /** By the name that each has in the document. */
  readonly parts: Readonly<Record<string, PartConfig>>
}

export interface PartConfig extends HandlerConfig, Omit<DataOf<AggregatePart>, 'handler'> {}
