import type { EndpointReport, GatewayReport, PoolReport, StatusReport } from './report.js'

/** What of a report is not as it was a tick before: endpoints at which nothing happened, lists that did not move, and all sparklines are left out. */
export interface ReportChange extends Pick<StatusReport, 'at' | 'totals'> {
  readonly gateways: readonly Omit<GatewayReport, 'trend'>[]
  readonly pools: readonly PoolChange[]
  readonly changes?: StatusReport['changes']
}

/** A pool, with those of its endpoints that are not as they were. */
export interface PoolChange extends Omit<PoolReport, 'trend' | 'endpoints'> {
  readonly endpoints: readonly Omit<EndpointReport, 'trend'>[]
}

/** What a viewer who knows one report needs for the next; `null` if others are there than before, which takes a whole one. */
export function changesSince(before: StatusReport, now: StatusReport): ReportChange | null {
  if (members(before) !== members(now)) return null
  return {
    at: now.at,
    totals: now.totals,
    gateways: now.gateways.map(({ trend, ...gateway }) => gateway),
    pools: now.pools.map((pool, at) => poolSince(before.pools[at]!, pool)),
    ...(before.changes === now.changes ? {} : { changes: now.changes }),
  }
}

function poolSince(before: PoolReport, { trend, ...now }: PoolReport): PoolChange {
  return {
    ...now,
    endpoints: now.endpoints.flatMap((endpoint, at) => {
      const { trend: _, ...rest } = endpoint
      return JSON.stringify(rest) === JSON.stringify({ ...before.endpoints[at]!, trend: undefined }) ? [] : [rest]
    }),
  }
}

/** Who is there, in order. */
function members({ gateways, pools }: StatusReport): string {
  return JSON.stringify([
    gateways.map(({ name }) => name),
    pools.map(({ name, endpoints }) => [name, endpoints.map((endpoint) => endpoint.name)]),
  ])
}
