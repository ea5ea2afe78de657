/** Browser script: the tables of endpoints, as the server wrote them; sorting and filtering. */
export const tableScript: string = `
const STATES = ['down', 'ejected', 'trial', 'warming', 'maintenance', 'drain', 'up']
const WORDS = { up: 'Up', warming: 'Warming up', trial: 'On trial', ejected: 'Ejected', down: 'Down', drain: 'Draining', maintenance: 'Maintenance' }
const TONES = { up: 'good', warming: 'soft', trial: 'soft', ejected: 'bad', down: 'bad', drain: 'idle', maintenance: 'idle' }
const VALUES = {
  name: (each) => each.name,
  state: (each) => STATES.indexOf(each.state),
  weight: (each) => each.weight,
  inFlight: (each) => each.inFlight,
  rate: (each) => each.rate,
  errorRate: (each) => each.errorRate,
  p50: (each) => each.latency.p50,
  p95: (each) => each.latency.p95,
  p99: (each) => each.latency.p99,
  received: (each) => each.bytes.in,
  tunnels: (each) => each.tunnels.open,
}
const natural = new Intl.Collator(undefined, { numeric: true })

/** The tables on the page: by pool, and in each by endpoint. */
let tables = []
/** Rows by their nodes. What nobody sees is drawn when it comes into sight: a thousand rows cost no more than thirty. */
let rowsOf = null
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const row = rowsOf.get(target)
    if (!row) continue
    row.seen = isIntersecting
    if (isIntersecting && report) drawRow(row, true)
  }
}, { rootMargin: '300px' })
let gateways = null
const order = { by: null, down: false }

const readPage = () => {
  sight.disconnect()
  tables = [...document.querySelectorAll('.pool')].map((node, at) => ({
    node,
    parts: partsOf(node, 'data-p'),
    body: node.querySelector('tbody'),
    heads: [...node.querySelectorAll('th[data-sort]')].filter((head) => head.dataset.sort !== ''),
    rows: new Map([...node.querySelectorAll('tr[data-row]')].map((row) => [row.dataset.row, { at, node: row, seen: false, parts: partsOf(row, 'data-c'), icon: row.querySelector('use') }])),
  }))
  rowsOf = new Map(tables.flatMap(({ rows }) => [...rows.values()].map((row) => [row.node, row])))
  for (const node of rowsOf.keys()) sight.observe(node)
  gateways = new Map([...document.querySelectorAll('tr[data-gateway]')].map((row) => [row.dataset.gateway, { parts: partsOf(row, 'data-c') }]))
  readyActions()
  for (const { heads } of tables) {
    for (const head of heads) {
      const button = document.createElement('button')
      button.type = 'button'
      button.append(...head.childNodes)
      button.addEventListener('click', () => sortBy(head.dataset.sort))
      head.append(button)
    }
  }
}

const sortBy = (by) => {
  // Figures begin with the highest, words with the first.
  const first = by !== 'name' && by !== 'state'
  order.down = order.by === by ? !order.down : first
  order.by = by
  for (const { heads } of tables) {
    for (const head of heads) {
      if (head.dataset.sort === by) head.setAttribute('aria-sort', order.down ? 'descending' : 'ascending')
      else head.removeAttribute('aria-sort')
    }
  }
  sortAll()
}
const compare = (a, b) => {
  const [x, y] = [VALUES[order.by](a), VALUES[order.by](b)]
  if (x === null || y === null) return (x === null) - (y === null)
  const result = typeof x === 'string' ? natural.compare(x, y) : x - y
  return order.down ? -result : result
}
const sortAll = () => {
  if (order.by === null || !report) return
  report.pools.forEach(({ endpoints }, at) => {
    const { body, rows } = tables[at]
    if (!body) return
    const sorted = endpoints.toSorted(compare).map(({ name }) => rows.get(name).node)
    // Moving a row that stands where it should would take the focus out of it.
    if (sorted.some((row, place) => body.rows[place] !== row)) body.append(...sorted)
  })
}

const wanted = () => ({ text: $('find').value.trim().toLowerCase(), state: $('state').value })
const fits = (endpoint, { text, state }) =>
  (state === '' || (state === 'trouble' ? endpoint.state !== 'up' : endpoint.state === state)) &&
  (text === '' || [endpoint.name, endpoint.zone ?? '', endpoint.why].some((each) => each.toLowerCase().includes(text)))
/** Which pools the reader had open before a filter opened those with something in them. */
let before = null
const filterAll = (typed) => {
  if (!report) return
  const want = wanted()
  const on = want.text !== '' || want.state !== ''
  let found = 0, all = 0
  if (on && before === null) before = tables.map(({ node }) => node.open)
  report.pools.forEach(({ name, endpoints }, at) => {
    const { node, rows } = tables[at]
    const whole = want.state === '' && want.text !== '' && name.toLowerCase().includes(want.text)
    let here = 0
    for (const endpoint of endpoints) {
      const shown = whole || fits(endpoint, want)
      show(rows.get(endpoint.name).node, shown)
      if (shown) here++
    }
    show(node, !on || here > 0)
    if (typed) node.open = on ? here > 0 : before === null ? node.open : before[at]
    found += here
    all += endpoints.length
  })
  if (!on) before = null
  show($('nothing'), on && found === 0)
  say($('found'), on ? count(found) + ' of ' + count(all) : '')
}
`
