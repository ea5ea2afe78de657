import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import { type Clock, realClock } from '../clock.js'
import type { Discovery, EndpointList } from '../discovery.js'
import type { EndpointOptions } from '../endpoint.js'
import { absence, type DnsResolver, isAbsence, Names } from './names.js'
import { type FoundProtocol, hostOf, orderly, placeChecks, urlOf } from './place.js'
import { endpointsOfSrv, type ResolvedSrv, withoutDot } from './srv.js'
import { sleep, stoppable, unlessStopped } from './stoppable.js'

export interface DnsDiscoveryOptions {
  /** The whole name, as `users.internal` or `_http._tcp.users.internal`: no search list is applied. */
  readonly hostname: string
  /** Port of every address; SRV records bring their own. @default none: needed but for SRV */
  readonly port?: number | undefined
  /** Which records. @default 'A' */
  readonly type?: 'A' | 'AAAA' | 'both' | 'SRV' | undefined
  /** What is spoken at the addresses. @default 'http' */
  readonly protocol?: FoundProtocol | undefined
  /** For Host (`changeOrigin`) and TLS. @default hostname, of SRV records the target; with the port unless it is the protocol's */
  readonly host?: string | undefined
  /** An answer is not asked for again before. @default 1000 */
  readonly minTtlMs?: Milliseconds | undefined
  /** An answer is asked for again after, whatever its TTL. @default 300000 */
  readonly maxTtlMs?: Milliseconds | undefined
  /** When to ask for SRV records, whose TTL Node doesn't tell, and for a name that is gone. @default 30000 */
  readonly refreshMs?: Milliseconds | undefined
  /** How long a name must be gone before that is believed, and the list is empty; 0 at once. @default 30000 (HAProxy's `hold nx`) */
  readonly absentHoldMs?: Milliseconds | undefined
  /** Name servers, as `127.0.0.1:5353`. @default the system's */
  readonly servers?: readonly string[] | undefined
  /** For one try of two at each server; the second takes up to twice as long. @default 2000 */
  readonly timeoutMs?: Milliseconds | undefined
  /** Asks instead of a `Resolver` of Node's own. @default none */
  readonly resolver?: DnsResolver | undefined
  /** Timers between two questions. @default real time */
  readonly clock?: Clock | undefined
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
}

const CHECKS: Readonly<Record<keyof DnsDiscoveryOptions, Check>> = {
  hostname: (value) =>
    typeof value === 'string' && isIP(value) === 0 && /^[\w-]+(?:\.[\w-]+)*\.?$/.test(value)
      ? undefined
      : 'a host name',
  port: check.whole(1, 65_535),
  type: check.oneOf('A', 'AAAA', 'both', 'SRV'),
  ...placeChecks,
  minTtlMs: check.duration,
  maxTtlMs: check.duration,
  refreshMs: check.duration,
  absentHoldMs: check.durationOrOff,
  servers: check.strings,
  timeoutMs: check.duration,
  resolver: check.object,
  clock: check.object,
  now: check.function,
}

interface Answer {
  readonly list: EndpointList
  readonly ttlMs: Milliseconds
}

/**
 * Endpoints from DNS, asked for again when their TTL ends, also while connections live. Asks name servers itself: `/etc/hosts`
 * and search lists don't count; for those give the pool the name as a plain endpoint, which is resolved by `lookup`.
 *
 * SERVFAIL, time-outs and garbage are trouble: the last list stays. That a name is gone (NXDOMAIN, or no such records) is
 * believed after {@link DnsDiscoveryOptions.absentHoldMs}. SRV priorities become tiers, and weights weights (RFC 2782); a
 * target's IPv6 addresses count where it has no IPv4.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const users = createPool({ name: 'users', discovery: dnsDiscovery({ hostname: 'users.internal', port: 3000 }) })
 * ```
 */
export function dnsDiscovery(options: DnsDiscoveryOptions): Discovery {
  checkOptions('dnsDiscovery', options, CHECKS)
  const { hostname, type = 'A', protocol = 'http', port, host, minTtlMs = 1_000, refreshMs = 30_000 } = options
  const { absentHoldMs = 30_000, clock = realClock, now = () => performance.now() } = options
  const maxTtlMs = Math.max(options.maxTtlMs ?? 300_000, minTtlMs)
  if (hostname === undefined) throw optionError('dnsDiscovery', 'hostname', hostname, 'a host name')
  if ((port === undefined) !== (type === 'SRV'))
    throw optionError('dnsDiscovery', 'port', port, type === 'SRV' ? 'none: SRV records have theirs' : '1 to 65535')
  if (options.resolver !== undefined && options.servers !== undefined)
    throw optionError('dnsDiscovery', 'servers', options.servers, 'none with a resolver, which has its own')
  // Facts about the name, whoever follows: they outlive a run that failed.
  const names = new Names()
  let goneSince: number | null = null

  async function addresses(resolver: DnsResolver, signal: AbortSignal): Promise<Answer> {
    const families = type === 'both' ? ([4, 6] as const) : type === 'A' ? ([4] as const) : ([6] as const)
    const found = await names.addresses(resolver, hostname, families, signal)
    const name = host ?? hostOf(protocol, withoutDot(hostname), port!)
    const list = found.addresses.map(
      (address): EndpointOptions => ({ url: urlOf(protocol, address, port!), host: name }),
    )
    return { list: orderly(list), ttlMs: found.ttlMs }
  }

  async function services(resolver: DnsResolver, signal: AbortSignal): Promise<Answer> {
    const asked = await unlessStopped(resolver.resolveSrv(hostname), signal)
    // A target of "." says that the service is decidedly not there (RFC 2782).
    const records = asked.filter(({ name }) => withoutDot(name) !== '')
    if (records.length === 0) throw absence(hostname)
    const targets = new Set(records.map(({ name }) => name))
    names.retain(targets)
    let ttlMs = refreshMs
    const failures: unknown[] = []
    const found = new Map<string, readonly string[]>()
    await Promise.all(
      [...targets].map(async (target) => {
        try {
          const answer = await names.eitherFamily(resolver, target, signal)
          ttlMs = Math.min(ttlMs, answer.ttlMs)
          found.set(target, answer.addresses)
        } catch (error) {
          failures.push(error)
          found.set(target, names.remembered(target))
        }
      }),
    )
    signal.throwIfAborted()
    const resolved = records.map((record): ResolvedSrv => ({ ...record, addresses: found.get(record.name)! }))
    const list = endpointsOfSrv(resolved, protocol, host)
    if (list.length === 0) throw failures.find((each) => !isAbsence(each)) ?? absence(hostname)
    return { list, ttlMs }
  }

  async function ask(resolver: DnsResolver, signal: AbortSignal): Promise<Answer> {
    try {
      const answer = await (type === 'SRV' ? services : addresses)(resolver, signal)
      goneSince = null
      return { list: answer.list, ttlMs: Math.max(minTtlMs, Math.min(maxTtlMs, answer.ttlMs)) }
    } catch (error) {
      if (!isAbsence(error)) throw error
      goneSince ??= now()
      if (now() - goneSince < absentHoldMs) throw error
      return { list: [], ttlMs: refreshMs }
    }
  }

  return stoppable(async function* lists(signal) {
    const resolver = options.resolver ?? ownResolver(options, signal)
    let last: string | undefined
    for (;;) {
      const { list, ttlMs } = await ask(resolver, signal)
      const found = JSON.stringify(list)
      if (found !== last) yield list
      last = found
      await sleep(ttlMs, signal, clock)
    }
  })
}

function ownResolver({ servers, timeoutMs = 2_000 }: DnsDiscoveryOptions, signal: AbortSignal): DnsResolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  return resolver
}
