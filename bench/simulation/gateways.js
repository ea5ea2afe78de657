// Latency when many gateways, none of which knows what the others do, balance over the same endpoints.

import { createRandom, percentile } from '../support/stats.js'
import { strategies } from '../support/strategies.js'
import { PoolModel, poissonLoad, Server } from './pool-model.js'
import { Timeline } from './timeline.js'

const ENDPOINTS = 100
const WORKERS = 4
const SERVICE_MS = 40
const LOAD = 0.65
const SLOWNESS = 10
const GATEWAYS = [1, 10, 100]
const REQUESTS = 200_000
/** Requests that find the endpoints still idle. */
const LEAD = 20_000
/** Those that go by what is under way, or by nothing: a hash sends a key to the same endpoint, whoever asks. */
const NAMES = [
  'roundRobin',
  'random',
  'leastConnections',
  'leastTime',
  'powerOfTwoChoices',
  'powerOfTwoChoices by time',
]

/** @param {{ seed: number }} settings */
export function manyGateways({ seed }) {
  const requests = poissonLoad({
    count: REQUESTS,
    perSecond: (LOAD * ENDPOINTS * WORKERS * 1000) / SERVICE_MS,
    serviceMs: SERVICE_MS,
    keys: 1,
    random: createRandom(seed),
  })
  return {
    title: `p99 in ms with so many gateways, each of which sees its own requests only: ${ENDPOINTS} endpoints of ${WORKERS} workers, ${SERVICE_MS} ms of work each (exponential), Poisson arrivals at ${Math.round(LOAD * 100)} % load; then with one endpoint of the ${ENDPOINTS} that takes ${SLOWNESS} times as long`,
    header: [
      'strategy',
      ...[1, SLOWNESS].flatMap((slow) => GATEWAYS.map((count) => `${count}${slow === 1 ? '' : ', one slow'}`)),
    ],
    rows: strategies
      .filter(({ name }) => NAMES.includes(name))
      .map(({ name, make }) => ({
        name,
        p99: [1, SLOWNESS].flatMap((slowness) =>
          GATEWAYS.map((count) => simulate(make, requests, count, slowness, seed)),
        ),
      })),
    cells: ({ name, p99 }) => [name, ...p99.map((ms) => ms.toFixed(0))],
  }
}

function simulate(make, requests, count, slowness, seed) {
  const timeline = new Timeline()
  const random = createRandom(seed)
  const stations = Array.from({ length: ENDPOINTS }, (_, at) => ({
    name: `http://10.0.0.${at + 1}:3000`,
    maxConnections: Number.POSITIVE_INFINITY,
    server: new Server({ workers: WORKERS, slowness: at === 40 ? slowness : 1 }),
  }))
  const shares = Array.from({ length: count }, () => [])
  for (const request of requests) shares[Math.floor(random() * count)].push(request)
  const pools = shares.map((share, at) => {
    const pool = new PoolModel(timeline, make({ random: createRandom(seed + at), now: () => timeline.now }), stations)
    pool.load(share)
    return pool
  })
  timeline.run()
  const late = pools.flatMap(({ latencies }) => [...latencies.slice(Math.ceil((LEAD * latencies.length) / REQUESTS))])
  return percentile(
    late.sort((one, other) => one - other),
    0.99,
  )
}
