import type { SrvRecord } from 'node:dns'
import type { EndpointOptions } from '../endpoint.js'
import { type FoundProtocol, hostOf, orderly, urlOf } from './place.js'

/** An SRV record whose target has been resolved. */
export interface ResolvedSrv extends SrvRecord {
  readonly addresses: readonly string[]
}

const MAX_WEIGHT = 65_535
const MAX_PRIORITY = 1_000

/**
 * Endpoints of SRV records (RFC 2782). Priorities become tiers in their order: 10, 20, 20, 30 are 0, 1, 1, 2. A weight of 0
 * counts as 1, which gives such a record its "very small chance", 1 in sum + 1, next to others, and an equal share when all have 0. A
 * target with several addresses has its weight shared out among them.
 */
export function endpointsOfSrv(
  records: readonly ResolvedSrv[],
  protocol: FoundProtocol,
  host: string | undefined,
): EndpointOptions[] {
  const tiers = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  const common = records.reduce((all, { addresses }) => leastCommonMultiple(all, Math.max(1, addresses.length)), 1)
  const shareOf = ({ weight, addresses }: ResolvedSrv): number => (Math.max(1, weight) * common) / addresses.length
  const heaviest = Math.max(...records.filter(({ addresses }) => addresses.length > 0).map(shareOf))
  const scale = Math.min(1, MAX_WEIGHT / heaviest)
  const found = records
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((record) =>
      record.addresses.map((address) => ({
        url: urlOf(protocol, address, record.port),
        weight: Math.max(1, Math.round(shareOf(record) * scale)),
        priority: Math.min(MAX_PRIORITY, tiers.indexOf(record.priority)),
        host: host ?? hostOf(protocol, withoutDot(record.name), record.port),
      })),
    )
  return orderly(found)
}

/** A name as it stands in a URL: without the root's dot. */
export function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return (a / x) * b
}
