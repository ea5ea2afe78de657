import type { PoolReport } from '../report.js'
import { COLUMNS, endpointRow } from './endpoint-row.js'
import { count, duration, percent, rate } from './figures.js'
import { type Html, html } from './html.js'
import { icon } from './icons.js'

/** Past so many endpoints, or so many pools, a pool without trouble begins collapsed. */
const MANY_ENDPOINTS = 100
const MANY_POOLS = 8

/** A pool's section: its figures in the line that opens it, and a table of its endpoints. */
export function poolSection(pool: PoolReport, index: number, pools: number, actions: boolean): Html {
  const { name, endpoints, queued, latency } = pool
  const open = !(endpoints.length > MANY_ENDPOINTS || (pools > MANY_POOLS && !inTrouble(pool)))
  return html`<details class="pool" data-pool="${index}" ${open ? html`open` : ''}>
<summary>${icon('chevron')}<h3>${name}</h3><span class="mark" data-p="panic">${pool.panic ? 'Panic: health is ignored' : ''}</span>
<span class="facts"><span><b data-p="available">${availableOf(pool)}</b> take traffic</span> <span><b data-p="rate">${rate(pool.rate)}</b> req/s</span> <span><b data-p="errorRate">${percent(pool.errorRate)}</b> errors</span> <span>p50 <b data-p="p50">${duration(latency.p50)}</b></span> <span>p95 <b data-p="p95">${duration(latency.p95)}</b></span> <span class="queue"><b data-p="queued">${count(queued)}</b> queued</span></span></summary>
<p class="more"><span data-p="levels">${levelsOf(pool)}</span><span>Retries granted now: <span data-p="retryTokens">${count(pool.retryTokens)}</span></span></p>
${
  endpoints.length === 0
    ? html`<p class="empty">No endpoints: requests go to the pool’s fallback, or get a 503.</p>`
    : html`<div class="wide"><table><caption class="unseen">Endpoints of ${name}</caption>
<thead><tr>${COLUMNS.map(headCell)}${actions ? html`<th scope="col"><span class="unseen">Actions</span></th>` : ''}</tr></thead>
<tbody>${endpoints.map((endpoint) => endpointRow(endpoint, actions))}</tbody></table></div>`
}
</details>
`
}

/** The shares of several levels in words; none of a single one. */
function levelsOf({ levels }: PoolReport): string {
  if (levels.length < 2) return ''
  return levels
    .map(({ priority, zone, share, endpoints }) => {
      const side = zone === null ? '' : zone === 'own' ? ', own zone' : ', other zones'
      return `Priority ${priority}${side}: ${percent(share)} of new requests, ${count(endpoints)} endpoints`
    })
    .join(' · ')
}

function availableOf({ endpoints }: PoolReport): string {
  return `${count(endpoints.filter(({ available }) => available).length)} of ${count(endpoints.length)}`
}

function inTrouble({ panic, queued, endpoints }: PoolReport): boolean {
  return panic || queued > 0 || endpoints.some(({ state }) => state === 'down' || state === 'ejected')
}

function headCell({ head, sort, text, title }: (typeof COLUMNS)[number]): Html {
  return html`<th scope="col" class="${text === true ? 't' : head === 'Trend' ? 'trend' : 'n'}" data-sort="${head === 'Trend' ? '' : sort}"${title === undefined ? '' : html` title="${title}"`}>${head}</th>`
}
