import type { EndpointReport } from '../report.js'
import { bytes, count, duration, moment, percent, rate } from './figures.js'
import { type Html, html } from './html.js'
import { icon } from './icons.js'
import { LOOKS } from './tones.js'

/** The columns of a pool's table, each with what sorts it: the script's name for the figure. */
export const COLUMNS: readonly {
  readonly head: string
  readonly sort: string
  readonly text?: true
  readonly title?: string
}[] = [
  { head: 'Endpoint', sort: 'name', text: true },
  { head: 'State', sort: 'state', text: true },
  { head: 'Weight', sort: 'weight' },
  { head: 'In flight', sort: 'inFlight', title: 'Requests in flight, of the most it takes now' },
  { head: 'Req/s', sort: 'rate', title: 'Attempts a second, over the last five to ten seconds' },
  { head: 'Errors', sort: 'errorRate', title: 'Share of attempts that failed through its fault' },
  { head: 'p50', sort: 'p50', title: 'Time to first byte of half of the replies, at most' },
  { head: 'p95', sort: 'p95', title: 'Time to first byte of 95 of 100 replies, at most' },
  { head: 'p99', sort: 'p99', title: 'Time to first byte of 99 of 100 replies, at most' },
  { head: 'Trend', sort: 'rate', title: 'Requests a second, failures below' },
  { head: 'Received', sort: 'received', title: 'Body bytes from it so far' },
  { head: 'Tunnels', sort: 'tunnels', title: 'WebSockets open' },
]

/** What stands behind the weight of an endpoint that starts slowly. */
const warmthOf = ({ warmth }: EndpointReport): string => (warmth < 1 ? `${Math.round(warmth * 100)} % warm` : '')

/** Where an endpoint stands, if anywhere in particular. */
export const placeOf = ({ zone, priority }: EndpointReport): string =>
  [zone === null ? '' : `zone ${zone}`, priority === 0 ? '' : `priority ${priority}`]
    .filter((part) => part !== '')
    .join(', ')

/** One endpoint: the script finds the parts that change by their `data-c`. */
export function endpointRow(endpoint: EndpointReport, actions: boolean): Html {
  const { state, latency, tunnels, bytes: carried } = endpoint
  const look = LOOKS[state]
  return html`<tr data-row="${endpoint.name}" data-tone="${look.tone}">
<th scope="row"><span class="name" data-c="name" title="${endpoint.name}">${endpoint.name}</span><span class="sub" data-c="place">${placeOf(endpoint)}</span></th>
<td class="state"><span class="badge">${icon(state)}<span data-c="state">${look.word}</span></span> <time class="sub" data-c="since" datetime="${new Date(endpoint.since).toISOString()}">since ${moment(endpoint.since)}</time><span class="sub why" data-c="why" title="${endpoint.why}">${endpoint.why}</span></td>
<td class="n" data-l="Weight"><span data-c="weight">${count(endpoint.weight)}</span><span class="sub" data-c="warmth">${warmthOf(endpoint)}</span></td>
<td class="n" data-l="In flight"><span data-c="inFlight">${count(endpoint.inFlight)}</span><span class="sub" data-c="limit">of ${count(endpoint.limit)}</span></td>
<td class="n" data-l="Req/s" data-c="rate">${rate(endpoint.rate)}</td>
<td class="n" data-l="Errors" data-c="errorRate">${percent(endpoint.errorRate)}</td>
<td class="n" data-l="p50" data-c="p50">${duration(latency.p50)}</td>
<td class="n" data-l="p95" data-c="p95">${duration(latency.p95)}</td>
<td class="n" data-l="p99" data-c="p99">${duration(latency.p99)}</td>
<td class="trend"><svg class="spark" viewBox="0 0 60 20" preserveAspectRatio="none" aria-hidden="true"><path class="area" data-c="area"></path><path class="line" data-c="line"></path><path class="failed" data-c="failed"></path></svg></td>
<td class="n" data-l="Received" data-c="received">${bytes(carried.in)}</td>
<td class="n" data-l="Tunnels" data-c="tunnels">${count(tunnels.open)}</td>
${actions ? html`<td class="act"><button type="button" data-act aria-label="Change ${endpoint.name}" hidden>Change</button></td>` : ''}</tr>
`
}
