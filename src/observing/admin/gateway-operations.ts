import { nameOf } from '../../filter.js'
import type { Route } from '../../routing/route.js'
import type { TunnelTotals } from '../../tunnels.js'
import { field } from './fields.js'
import { type Kind, kind } from './names.js'
import type { Operation } from './operation.js'
import { PAGE_FIELDS, pageOf } from './paging.js'

/** What of a gateway is shown. */
export interface ObservedGateway {
  readonly routes: readonly Route[]
  readonly traffic: {
    readonly draining: boolean
    readonly requests: number
    readonly tunnels: number
    readonly tunnelTotals: TunnelTotals
  }
}

export const GATEWAYS: Kind<ObservedGateway> = kind(
  'what createGateway() makes',
  ({ traffic }) => typeof traffic?.requests === 'number',
)

/** What gateways have under way, and where they send what. */
export function gatewayOperations(gateways: ReadonlyMap<string, ObservedGateway>): readonly Operation[] {
  return [
    {
      method: 'GET',
      path: '/gateways',
      name: 'gateways',
      summary: 'What is under way: requests and tunnels.',
      run: () => ({
        json: {
          gateways: [...gateways].map(([name, { traffic }]) => {
            const { draining, requests, tunnels, tunnelTotals } = traffic
            return { name, draining, requests, tunnels, tunnelTotals }
          }),
        },
      }),
    },
    {
      method: 'GET',
      path: '/routes',
      name: 'routes',
      summary: 'Where requests go, in the order of the options.',
      query: { ...PAGE_FIELDS, gateway: field.oneOf([...gateways.keys()], 'Of which gateway.') },
      run: (asked) => {
        const { gateway: only } = asked.query
        const chosen = [...gateways].filter(([name]) => only === undefined || name === only)
        const all = chosen.flatMap(([gateway, { routes }]) => routes.map((route) => ({ gateway, route })))
        return { json: pageOf(all, asked, '/routes', ({ gateway, route }) => ({ gateway, ...shown(route) })) }
      },
    },
  ]
}

function shown({ name: path, methods, hosts, conditions, filters, handler }: Route): object {
  return {
    path,
    methods: methods === null ? null : [...methods],
    hosts,
    conditions,
    filters: [...filters, ...(handler.chain?.filters ?? [])].map(nameOf),
  }
}
