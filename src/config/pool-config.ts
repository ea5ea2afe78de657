import type { LeastBytesOptions } from '../balancing/least-bytes.js'
import type { LeastTimeOptions } from '../balancing/least-time.js'
import type { MaglevOptions } from '../balancing/maglev.js'
import type { PowerOfTwoChoicesOptions } from '../balancing/power-of-two-choices.js'
import type { RingHashOptions } from '../balancing/ring-hash.js'
import type { StickyCookieOptions } from '../balancing/sticky-options.js'
import type { GrpcProbeOptions } from '../health/grpc-probe.js'
import type { ActiveHealthOptions, HealthOptions } from '../health/health-options.js'
import type { PoolOptions } from '../pool.js'
import type { AimdLimitOptions } from '../upstream/aimd-limit.js'
import type { DnsDiscoveryOptions } from '../upstream/discovery/dns.js'
import type { FileDiscoveryOptions } from '../upstream/discovery/file.js'
import type { EndpointOptions } from '../upstream/endpoint.js'
import type { GradientLimitOptions } from '../upstream/gradient-limit.js'
import type { DataOf } from './data-of.js'

/** Options of `createPool`, of which the name is where they stand. */
export interface PoolConfig extends Omit<DataOf<PoolOptions>, ByName> {
  /** URLs, or endpoints with their options. With `discovery` they may be absent, or serve until its first list. @default none */
  readonly endpoints?: readonly (string | DataOf<EndpointOptions>)[] | undefined
  /** Where endpoints come from. @default none */
  readonly discovery?: DiscoveryConfig | undefined
  /** Picks the endpoint for each request. @default 'roundRobin' */
  readonly balancer?: BalancerConfig | undefined
  /** What takes an endpoint out for a time: requests that failed, bad probes, a comparison with the others. @default { passive: {} } */
  readonly health?: HealthConfig | undefined
  /** Learns how many requests each endpoint can take at once. @default none */
  readonly concurrency?: ConcurrencyConfig | undefined
  /** Takes the requests for which this pool has no endpoint, or no room: the name of another of the `pools`. @default none */
  readonly fallback?: string | undefined
}

type ByName = 'name' | 'endpoints' | 'discovery' | 'balancer' | 'health' | 'concurrency' | 'fallback'

/** One of these. */
export interface DiscoveryConfig {
  readonly dns?: Omit<DataOf<DnsDiscoveryOptions>, 'resolver'> | undefined
  readonly file?: DataOf<FileDiscoveryOptions> | undefined
}

/** A strategy by its name, or with its options. */
export type BalancerConfig = keyof BalancerConfigs | BalancerConfigs

/** One of these. */
export interface BalancerConfigs {
  readonly firstAvailable?: object | undefined
  readonly leastBytes?: DataOf<LeastBytesOptions> | undefined
  readonly leastConnections?: object | undefined
  readonly leastTime?: DataOf<LeastTimeOptions> | undefined
  readonly maglev?: DataOf<MaglevOptions> | undefined
  readonly powerOfTwoChoices?: DataOf<PowerOfTwoChoicesOptions> | undefined
  readonly random?: object | undefined
  readonly ringHash?: DataOf<RingHashOptions> | undefined
  readonly roundRobin?: object | undefined
  readonly stickyCookie?: StickyConfig | undefined
}

export interface StickyConfig extends Omit<DataOf<StickyCookieOptions>, 'fallback'> {
  /** Picks for clients without a valid cookie, and where their endpoint can't take them. @default 'roundRobin' */
  readonly fallback?: BalancerConfig | undefined
}

export interface HealthConfig extends Omit<DataOf<HealthOptions>, 'active'> {
  /** Asks each endpoint at intervals, and takes it out while its answers are bad. @default off */
  readonly active?: ActiveHealthConfig | false | undefined
}

export interface ActiveHealthConfig extends Omit<DataOf<ActiveHealthOptions>, 'probe'> {
  /** `http` asks for `path`; `tcp` only connects; `tls` verifies the certificate, too; `grpc` asks gRPC's health service. @default 'http' */
  readonly probe?: 'http' | 'tcp' | 'tls' | 'grpc' | { readonly grpc: DataOf<GrpcProbeOptions> } | undefined
}

/** One of these. */
export interface ConcurrencyConfig {
  readonly aimd?: DataOf<AimdLimitOptions> | undefined
  readonly gradient?: DataOf<GradientLimitOptions> | undefined
}
