import type { HashKey } from '../../balancing/hash-key.js'
import type { ActiveHealthConfig, BalancerConfig, HealthConfig, PoolConfig } from '../pool-config.js'
import { given } from './plugin.js'
import type { Section } from './section.js'

/** Where a service's requests go: its address in parts. */
export interface KongAddress {
  readonly protocol: 'http' | 'https'
  /** A host with its port, or the name of an upstream. */
  readonly host: string
  readonly port: number
  /** In front of what is sent; empty for none. */
  readonly path: string
}

/** The pool of a service: of its upstream's targets, or of its one host. */
export function readPool(service: Section, address: KongAddress, upstream: Section | undefined): PoolConfig {
  const { protocol, host, port, path } = address
  const prefix = `${protocol}://`
  const tls = tlsOf(service, protocol)
  if (upstream === undefined) return given({ endpoints: [`${prefix}${host}:${port}${path}`], tls })
  const hostHeader = upstream.text('host_header')
  const endpoints = upstream.sections('targets').map((target) => {
    const at = target.text('target') ?? ''
    const url = `${prefix}${/:\d+$/.test(at) ? at : `${at}:8000`}${path}`
    const weight = target.number('weight') ?? 100
    target.skip('upstream').finish('left-out')
    return weight === 100 && hostHeader === undefined ? url : given({ url, weight, host: hostHeader })
  })
  const balancer = balancerOf(upstream)
  const health = healthOf(upstream.section('healthchecks'), protocol)
  upstream.skip('slots').finish('left-out')
  return given({ endpoints, balancer, health, tls })
}

function tlsOf(service: Section, protocol: KongAddress['protocol']): { rejectUnauthorized: false } | undefined {
  const verify = service.flag('tls_verify')
  service.skip('tls_verify_depth')
  if (protocol === 'http') return undefined
  if (verify === undefined)
    service.note(
      'differs',
      'the upstream’s certificate is verified; tls.rejectUnauthorized: false is as Kong does by default',
    )
  return verify === false ? { rejectUnauthorized: false } : undefined
}

const ALGORITHMS: Readonly<Record<string, BalancerConfig>> = {
  'round-robin': 'roundRobin',
  'least-connections': 'leastConnections',
  latency: { powerOfTwoChoices: { cost: 'peakEwma' } as never },
}

function balancerOf(upstream: Section): BalancerConfig | undefined {
  const algorithm = upstream.text('algorithm') ?? 'round-robin'
  const key = keyOf(upstream, 'hash_on')
  const fallbackKey = keyOf(upstream, 'hash_fallback')
  if (algorithm === 'consistent-hashing' || (key !== undefined && algorithm === 'round-robin')) {
    if (key === undefined) {
      upstream.note('differs', 'hash_on has no counterpart: endpoints take turns')
      return undefined
    }
    return { ringHash: given({ key, fallbackKey }) }
  }
  const balancer = ALGORITHMS[algorithm]
  if (balancer === undefined)
    upstream.note('differs', `algorithm "${algorithm}" has no counterpart: endpoints take turns`)
  return balancer === 'roundRobin' ? undefined : balancer
}

/** What requests are hashed by; `undefined` for nothing. */
function keyOf(
  upstream: Section,
  option: 'hash_on' | 'hash_fallback',
): Exclude<HashKey, (...args: never) => unknown> | undefined {
  const named = (suffix: string): string => upstream.text(`${option}_${suffix}`) ?? ''
  const cookie = upstream.text('hash_on_cookie')
  upstream.skip('hash_on_cookie_path')
  switch (upstream.text(option) ?? 'none') {
    case 'ip':
      return 'client'
    case 'path':
      return 'path'
    case 'header':
      return { header: named('header') }
    case 'cookie':
      upstream.note('differs', 'a client without the cookie is given none: stickyCookie sets one')
      return { cookie: cookie ?? '' }
    case 'query_arg':
      return { query: named('query_arg') }
    case 'uri_capture':
      return { param: named('uri_capture') }
    default:
      return undefined
  }
}

function healthOf(checks: Section | undefined, protocol: string): HealthConfig | undefined {
  if (checks === undefined) return undefined
  const active = activeOf(checks.section('active'), protocol)
  const unhealthy = checks.section('passive')?.section('unhealthy')
  const failures = unhealthy?.number('http_failures') ?? 0
  const tcp = unhealthy?.number('tcp_failures') ?? 0
  const statuses = unhealthy?.any('http_statuses') as readonly number[] | undefined
  checks.skip('threshold').finish('left-out')
  if (active === undefined && failures === 0 && tcp === 0) return { passive: false }
  const passive = given({
    failures: Math.max(1, failures, tcp),
    statuses: failures > 0 ? (statuses ?? [500, 503]).filter((status) => status >= 500) : undefined,
  })
  return given({ active, passive: failures > 0 || tcp > 0 ? passive : undefined })
}

function activeOf(active: Section | undefined, protocol: string): ActiveHealthConfig | undefined {
  const [healthy, unhealthy] = [active?.section('healthy'), active?.section('unhealthy')]
  const intervals = [healthy?.number('interval') ?? 0, unhealthy?.number('interval') ?? 0] as const
  // An interval of 0, which is the default, is off.
  if (active === undefined || intervals.every((each) => each === 0)) return undefined
  const type = active.text('type') ?? 'http'
  const kind = type.startsWith('http') ? 'http' : 'tcp'
  if (type.startsWith('http') && type !== protocol) active.note('differs', `probes speak ${protocol}, as requests do`)
  const statuses = healthy?.any('http_statuses') as readonly number[] | undefined
  const ms = (seconds: number): number | undefined => (seconds > 0 ? seconds * 1000 : undefined)
  return given({
    probe: kind === 'http' ? undefined : ('tcp' as const),
    path: kind === 'http' ? (active.text('http_path') ?? '/') : undefined,
    status: kind === 'http' ? (statuses ?? [200, 302]) : undefined,
    intervalMs: ms(intervals[0] || intervals[1]),
    downIntervalMs: ms(intervals[1]),
    timeoutMs: ms(active.number('timeout') ?? 1),
    rise: healthy?.number('successes') || undefined,
    fall: unhealthy?.number('http_failures') || unhealthy?.number('tcp_failures') || undefined,
  }) as ActiveHealthConfig
}
