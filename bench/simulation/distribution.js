// How evenly keys spread, and how many move when one endpoint goes.

import { maglev, random, ringHash } from '../../dist/index.js'
import { createRandom } from '../support/stats.js'
import { exchangeWith } from '../support/strategies.js'

const KEYS = 100_000
const ENDPOINTS = 100
/** Percent of the mean, HAProxy's measure; so little that the hashes alone would not keep to it. */
const FACTOR = 105
/** One request in so many has the same key. */
const HOT = 10
/** Endpoints whose going is tried, one after the other. */
const GONE = [0, 17, 42, 73, 99]

const key = { header: 'x-key' }

/** `moved`: at most so many times 1/n. `even`: none has more than so many times the mean, with every request held open. */
const rows = [
  { name: 'random (for comparison)', make: (chance) => random(chance) },
  { name: 'ringHash', make: () => ringHash({ key }), moved: 1.3 },
  { name: 'ringHash, as NGINX', make: () => ringHash({ key, compatibleWith: 'nginx' }), moved: 1.3 },
  { name: 'maglev', make: () => maglev({ key }), moved: 2 },
  {
    name: `ringHash, bounded ${FACTOR} %`,
    make: () => ringHash({ key, balanceFactor: FACTOR }),
    even: FACTOR / 100,
  },
  { name: `maglev, bounded ${FACTOR} %`, make: () => maglev({ key, balanceFactor: FACTOR }), even: FACTOR / 100 },
]

/** @param {{ seed: number }} settings */
export function distribution({ seed }) {
  const exchanges = Array.from({ length: KEYS }, (_, at) => exchangeWith(`${seed}-key-${at}`))
  const hot = exchanges.map((exchange, at) => (at % HOT === 0 ? exchanges[0] : exchange))
  return {
    title: `Distribution of ${KEYS} keys over ${ENDPOINTS} endpoints, one key in ${HOT} the same for the hot one; keys that move when one of them goes (times 1/n; mean and most of ${GONE.length})`,
    header: [
      'strategy',
      'max/mean',
      'min/mean',
      'χ²/df',
      'hot key: max/mean',
      'removed',
      'most',
      'down',
      'most',
      'wanted',
      '',
    ],
    rows: rows.map(({ name, make, moved, even }) => {
      const endpoints = Array.from({ length: ENDPOINTS }, (_, at) => station(at))
      const balancer = make(createRandom(seed))
      const before = assign(balancer, endpoints, exchanges)
      const shares = spread(before, endpoints)
      const changes = moved === undefined ? null : goings(balancer, endpoints, exchanges, before)
      const hottest = spread(assign(balancer, endpoints, hot), endpoints).max
      const good =
        (moved === undefined || changes.most <= moved) && (even === undefined || Math.max(shares.max, hottest) <= even)
      return {
        name,
        ...shares,
        hottest,
        ...changes,
        good,
        wanted: even !== undefined ? `max/mean ≤ ${even}` : moved !== undefined ? `moved ≤ ${moved}` : '',
      }
    }),
    cells: (row) => [
      row.name,
      row.max.toFixed(3),
      row.min.toFixed(3),
      row.chi2.toFixed(2),
      row.hottest.toFixed(3),
      ...[row.removed, row.most, row.down, row.mostDown].map((value) => value?.toFixed(2) ?? '–'),
      row.wanted,
      row.wanted === '' ? '' : row.good ? 'ok' : 'NOT OK',
    ],
  }
}

const station = (at) => ({ name: `http://10.0.0.${at + 1}:3000`, weight: 1, inFlight: 0, available: true })

const skip = (endpoint) => !endpoint.available

/** Sends every key once and holds it open, so that bounded load has a load to bound. */
function assign(balancer, endpoints, exchanges) {
  for (const endpoint of endpoints) endpoint.inFlight = 0
  balancer.rebuild(endpoints)
  return exchanges.map((exchange) => {
    const endpoint = balancer.pick(exchange, skip)
    endpoint.inFlight++
    balancer.changed?.(endpoint)
    return endpoint
  })
}

function spread(assigned, endpoints) {
  const counts = new Map(endpoints.map((endpoint) => [endpoint, 0]))
  for (const endpoint of assigned) counts.set(endpoint, counts.get(endpoint) + 1)
  const mean = assigned.length / endpoints.length
  const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
  return {
    max: Math.max(...counts.values()) / mean,
    min: Math.min(...counts.values()) / mean,
    chi2: chi2 / (endpoints.length - 1),
  }
}

/** Keys that move, as a multiple of 1/n: when an endpoint is taken out of the pool, and when it is down. */
function goings(balancer, endpoints, exchanges, before) {
  const share = (after) =>
    (after.filter((endpoint, at) => endpoint !== before[at]).length / exchanges.length) * endpoints.length
  const removed = GONE.map((gone) => share(assign(balancer, endpoints.toSpliced(gone, 1), exchanges)))
  const down = GONE.map((gone) => {
    endpoints[gone].available = false
    const moved = share(assign(balancer, endpoints, exchanges))
    endpoints[gone].available = true
    return moved
  })
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  return { removed: mean(removed), most: Math.max(...removed), down: mean(down), mostDown: Math.max(...down) }
}
