import type { TunnelTotals } from '../../tunnels.js'
import type { FamilyOptions, Labels, Sample } from './family.js'
import type { Section } from './section.js'

/** A gateway, as far as it is looked at here. */
export interface MeasuredGateway {
  readonly traffic: { readonly requests: number; readonly tunnels: number; readonly tunnelTotals: TunnelTotals }
}

/** Gateways to look at; a function where they come and go. */
export type GatewaySource = readonly MeasuredGateway[] | (() => readonly MeasuredGateway[])

type Read = (totals: TunnelTotals) => readonly (readonly [Labels, number])[]

/** What gateways have under way, all together, read when somebody scrapes. */
export function gatewayMetrics(source: GatewaySource): Section {
  const gateways = (): readonly MeasuredGateway[] => (typeof source === 'function' ? source() : source)
  const sum = (read: (gateway: MeasuredGateway) => number) => (): Sample[] => [
    { labels: {}, value: gateways().reduce((total, each) => total + read(each), 0) },
  ]
  const tunnels = (name: string, help: string, labels: readonly string[], read: Read): FamilyOptions => ({
    ...{ name, help, labels, type: 'counter' },
    read: () => added(gateways().flatMap(({ traffic }) => read(traffic.tunnelTotals))),
  })
  return {
    families: [
      {
        ...{ name: 'requests_in_flight', help: 'Requests under way.', type: 'gauge' },
        read: sum(({ traffic }) => traffic.requests),
      },
      { ...{ name: 'tunnels', help: 'Open WebSockets.', type: 'gauge' }, read: sum(({ traffic }) => traffic.tunnels) },
      tunnels('tunnels_opened_total', 'WebSockets that were opened.', [], ({ opened }) => [[{}, opened]]),
      tunnels('tunnels_closed_total', 'WebSockets by the code that they closed with.', ['code'], ({ closeCodes }) =>
        Object.entries(closeCodes).map(([code, count]) => [{ code }, count]),
      ),
      tunnels('tunnel_messages_total', 'Messages of WebSockets: in from clients, out to them.', ['direction'], (of) => [
        [{ direction: 'in' }, of.messages.in],
        [{ direction: 'out' }, of.messages.out],
      ]),
    ],
  }
}

/** One sample for each set of labels, of which there are few. */
function added(numbers: readonly (readonly [Labels, number])[]): readonly Sample[] {
  const sums = new Map<string, { labels: Labels; value: number }>()
  for (const [labels, value] of numbers) {
    const key = Object.values(labels).join()
    const known = sums.get(key)
    if (known === undefined) sums.set(key, { labels, value })
    else known.value += value
  }
  return [...sums.values()]
}
