/** Browser script: puts a report onto the page. */
export const viewScript: string = `
/** An error rate that is worth a colour. */
const HIGH = 0.01
let report = null
/** Endpoints of the report, by pool and name. */
let known = []
/** The highest of a pool's sparklines, which is the scale of all of them. */
const peaks = []

const drawTotals = () => {
  const { totals } = report
  const parts = partsOf(document, 'data-t')
  say(parts.rate, rate(totals.rate))
  say(parts.errorRate, percent(totals.errorRate))
  set(parts.errorRate, 'data-high', totals.errorRate > HIGH ? 'yes' : 'no')
  for (const name of ['requests', 'queued', 'tunnels', 'available', 'endpoints']) say(parts[name], count(totals[name]))
  const out = totals.endpoints - totals.available
  document.title = (out > 0 ? '(' + out + ') ' : '') + report.title
}
const drawFigures = (parts, each, latency) => {
  say(parts.rate, rate(each.rate))
  say(parts.errorRate, percent(each.errorRate))
  set(parts.errorRate, 'data-high', each.errorRate > HIGH ? 'yes' : 'no')
  for (const name of ['p50', 'p95', 'p99']) say(parts[name], duration(latency === null ? null : latency[name]))
}
const drawGateways = (sparks) => {
  for (const gateway of report.gateways) {
    const { parts } = gateways.get(gateway.name)
    say(parts.state, gateway.state === 'serving' ? 'Serving' : 'Draining')
    say(parts.requests, count(gateway.requests))
    say(parts.tunnels, count(gateway.tunnels))
    drawFigures(parts, gateway, gateway.latency)
    if (sparks) spark(parts, gateway.trend, peak([gateway.trend]))
  }
}
const levelsOf = ({ levels }) => levels.length < 2 ? '' : levels.map(({ priority, zone, share, endpoints }) =>
  'Priority ' + priority + (zone === null ? '' : zone === 'own' ? ', own zone' : ', other zones') + ': ' + percent(share) + ' of new requests, ' + count(endpoints) + ' endpoints').join(' · ')
const drawPool = (at, endpoints, sparks) => {
  const pool = report.pools[at]
  const { parts, rows } = tables[at]
  const available = pool.endpoints.filter((each) => each.available).length
  say(parts.available, count(available) + ' of ' + count(pool.endpoints.length))
  drawFigures(parts, pool, pool.latency)
  say(parts.queued, count(pool.queued))
  set(parts.queued, 'data-high', pool.queued > 0 ? 'yes' : 'no')
  say(parts.retryTokens, count(pool.retryTokens))
  say(parts.panic, pool.panic ? 'Panic: health is ignored' : '')
  say(parts.levels, levelsOf(pool))
  if (sparks) peaks[at] = peak(pool.endpoints.map(({ trend }) => trend))
  for (const { name } of endpoints) drawRow(rows.get(name), sparks)
  for (const { name, since } of pool.endpoints) {
    const row = rows.get(name)
    if (row.seen) say(row.parts.since, 'for ' + span(report.at - since))
  }
}
const drawRow = ({ at, seen, node, parts, icon }, sparks) => {
  if (!seen) return
  const endpoint = known[at].get(node.dataset.row)
  if (endpoint === undefined) return
  const { state, latency, why } = endpoint
  if (sparks) spark(parts, endpoint.trend, peaks[at])
  say(parts.since, 'for ' + span(report.at - endpoint.since))
  set(node, 'data-tone', TONES[state])
  set(icon, 'href', '#i-' + state)
  say(parts.state, WORDS[state])
  say(parts.why, why)
  set(parts.why, 'title', why)
  set(parts.since, 'title', moment.format(endpoint.since))
  say(parts.place, [endpoint.zone === null ? '' : 'zone ' + endpoint.zone, endpoint.priority === 0 ? '' : 'priority ' + endpoint.priority].filter((part) => part !== '').join(', '))
  say(parts.weight, count(endpoint.weight))
  say(parts.warmth, endpoint.warmth < 1 ? Math.round(endpoint.warmth * 100) + ' % warm' : '')
  say(parts.inFlight, count(endpoint.inFlight))
  say(parts.limit, 'of ' + count(endpoint.limit))
  set(parts.inFlight, 'data-high', endpoint.inFlight >= endpoint.limit ? 'yes' : 'no')
  drawFigures(parts, endpoint, latency)
  say(parts.received, bytes(endpoint.bytes.in))
  say(parts.tunnels, count(endpoint.tunnels.open))
}
const drawTimes = () => {
  const at = $('at')
  at.dateTime = new Date(report.at).toISOString()
  say(at, when(report.at, report.at))
  say($('started'), when(report.startedAt, report.at))
}
const draw = (changed, sparks) => {
  drawTimes()
  drawTotals()
  drawGateways(sparks)
  changed.forEach((endpoints, at) => drawPool(at, endpoints, sparks))
  drawChanges(report.at)
  filterAll(false)
  drawDialog()
}

/** Whether the page has a row for everyone in the report, and for nobody else. */
const isOnPage = (next) =>
  next.gateways.length === gateways.size &&
  next.gateways.every(({ name }) => gateways.has(name)) &&
  next.pools.length === tables.length &&
  next.pools.every(({ endpoints }, at) => endpoints.length === tables[at].rows.size && endpoints.every(({ name }) => tables[at].rows.has(name)))
/** Asks for the page as it is now, and takes its tables over. */
const rebuild = async () => {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } })
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
  if (next === null) return
  const open = new Map(tables.map(({ node }) => [node.querySelector('h3').textContent, node.open]))
  const want = wanted()
  document.querySelector('main').replaceWith(next)
  readPage()
  for (const { node } of tables) node.open = open.get(node.querySelector('h3').textContent) ?? node.open
  readFilter(want)
}
let building = null
const takeWhole = async (next) => {
  if (!isOnPage(next)) {
    building ??= rebuild().finally(() => { building = null })
    await building.catch(() => {})
    // It may have changed again meanwhile: the next report finds out.
    if (!isOnPage(next)) return
  }
  report = next
  known = next.pools.map(({ endpoints }) => new Map(endpoints.map((each) => [each.name, each])))
  draw(next.pools.map(({ endpoints }) => endpoints), true)
  if (!document.querySelector('tbody:hover, tbody:focus-within')) sortAll()
}
const takePart = (change) => {
  if (report === null || building !== null) return
  const { pools, gateways, ...rest } = change
  Object.assign(report, rest)
  gateways.forEach((gateway, at) => Object.assign(report.gateways[at], gateway))
  const changed = pools.map(({ endpoints, ...pool }, at) => {
    Object.assign(report.pools[at], pool)
    return endpoints.map((endpoint) => Object.assign(known[at].get(endpoint.name), endpoint))
  })
  draw(changed, false)
}
`
