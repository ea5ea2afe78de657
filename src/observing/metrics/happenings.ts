import type { EdgeEvents, EventHub } from '../../events.js'
import type { FamilyOptions } from './family.js'
import { classLabel, errorLabel, routeLabel, statusLabel } from './labels.js'
import { counter, type Section } from './section.js'

/** How an event is counted. */
interface Counted<K extends keyof EdgeEvents> {
  readonly name: string
  readonly help: string
  /** @default none */
  readonly labels?: readonly string[]
  /** Values of the labels for one event; `null` for one that does not count. */
  of(event: EdgeEvents[K]): readonly string[] | null
}

type AllCounted = { readonly [K in keyof EdgeEvents]?: readonly Counted<K>[] }

const COUNTED: AllCounted = {
  denied: [
    {
      ...{ name: 'denials_total', help: 'Requests that a filter denied.', labels: ['filter', 'code'] },
      of: ({ filter, status }) => [filter, statusLabel(status)],
    },
  ],
  limitDecision: [
    {
      ...{ name: 'limit_decisions_total', help: 'What rate limits and quotas decided.', labels: ['limit', 'decision'] },
      of: ({ limit, decision }) => [limit, decision],
    },
  ],
  quota: [
    {
      ...{ name: 'quota_marks_total', help: 'Quotas used up to a share.', labels: ['quota', 'share'] },
      of: ({ quota, share }) => [quota, String(share)],
    },
  ],
  cache: [
    {
      ...{ name: 'cache_requests_total', help: 'What caches answered with.', labels: ['route', 'result'] },
      of: ({ exchange, result }) => [routeLabel(exchange.route), result],
    },
    {
      ...{ name: 'cache_collapsed_total', help: 'Requests answered by what another had asked for.' },
      of: ({ collapsed }) => (collapsed ? [] : null),
    },
  ],
  mirror: [
    {
      ...{ name: 'mirrored_total', help: 'Copies of requests by what became of them.', labels: ['result'] },
      of: ({ status, why }) => [status === null ? errorLabel({ code: why }) : classLabel(status)],
    },
  ],
  invalidReply: [
    {
      ...{ name: 'invalid_replies_total', help: 'Replies not as their schema says.', labels: ['filter'] },
      of: ({ filter }) => [filter],
    },
  ],
  store: [
    {
      ...{ name: 'store_changes_total', help: 'Stores down, up again, or refusing.', labels: ['store', 'change'] },
      of: ({ store, change }) => [store, change],
    },
  ],
  ban: [
    {
      ...{ name: 'bans_total', help: 'Clients banned, and bans lifted.', labels: ['change'] },
      of: ({ change }) => [change],
    },
  ],
  anomaly: [{ name: 'anomalies_total', help: 'Clients that ask far more than they used to.', of: () => [] }],
  overload: [
    {
      ...{ name: 'overloads_total', help: 'Times that this process began to shed.' },
      of: ({ change }) => (change === 'shedding' ? [] : null),
    },
  ],
  gateway: [
    {
      ...{ name: 'gateway_changes_total', help: 'Gateways reloaded, closing, closed.', labels: ['change'] },
      of: ({ change }) => [change],
    },
  ],
  configuration: [
    {
      ...{ name: 'configuration_reads_total', help: 'Files in force after a change, or not.', labels: ['change'] },
      of: ({ change }) => [change],
    },
  ],
  certificate: [
    {
      ...{ name: 'certificate_reads_total', help: 'Times that certificates were read again.', labels: ['change'] },
      of: ({ change }) => [change],
    },
  ],
  keys: [
    {
      ...{ name: 'key_reads_total', help: 'Times that keys of tokens were fetched.', labels: ['source', 'change'] },
      of: ({ source, change }) => [source, change],
    },
  ],
  connection: [
    {
      ...{ name: 'tcp_connections_total', help: 'Connections through layer 4.', labels: ['route', 'result'] },
      of: ({ outcome: { route, error } }) => [routeLabel(route), error === null ? 'done' : errorLabel(error)],
    },
  ],
  fault: [{ name: 'faults_total', help: 'Listeners and hooks that threw.', of: () => [] }],
}

/** What filters and servers tell, event by event. Labels are words of the configuration or of ours, never a client's (H-196). */
export function happenings(maxSeries: number): Section {
  const families: FamilyOptions[] = []
  const listens: ((hub: EventHub) => () => void)[] = []
  function add<K extends keyof EdgeEvents>(event: K, { name, help, labels = [], of }: Counted<K>): void {
    const family = counter(name, help, labels, maxSeries)
    families.push(family)
    const count = (told: EdgeEvents[K]): void => {
      const values = of(told)
      if (values !== null) family.cell(...values).value++
    }
    listens.push((hub) => hub.on(event, count))
  }
  for (const event of Object.keys(COUNTED) as (keyof EdgeEvents)[])
    for (const each of COUNTED[event] ?? []) add(event, each as Counted<typeof event>)
  return { families, listen: (hub) => listens.map((listen) => listen(hub)) }
}
