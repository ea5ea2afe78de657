// Latency when all ten endpoints are well, and when one of them takes ten times as long.

import { model } from '../support/slow-model.js'
import { createRandom, percentile } from '../support/stats.js'
import { strategies } from '../support/strategies.js'
import { PoolModel, poissonLoad, Server } from './pool-model.js'
import { Timeline } from './timeline.js'

const REQUESTS = 200_000
/** Requests that find the pool still empty. */
const LEAD = 5_000

/** @param {{ seed: number }} settings */
export function slowEndpoint({ seed }) {
  const requests = poissonLoad({ count: REQUESTS, ...model, random: createRandom(seed) })
  return {
    title: `Latency in ms, ${model.endpoints} endpoints of ${model.workers} workers, ${model.serviceMs} ms of work each (exponential), Poisson arrivals at ${Math.round(model.load * 100)} % load, at most ${model.maxConnections} in flight each; then with one that takes ${model.slowness} times as long`,
    header: ['strategy', 'p50, all well', 'p99', 'p50, one slow', 'p99', 'mean', 'share of the slow one'],
    rows: strategies.map(({ name, make }) => ({
      name,
      well: simulate(make, requests, 1, seed),
      slow: simulate(make, requests, model.slowness, seed),
    })),
    cells: ({ name, well, slow }) => [
      name,
      ...[well.p50, well.p99, slow.p50, slow.p99, slow.mean].map((ms) => ms.toFixed(1)),
      `${(slow.share * 100).toFixed(2)} %`,
    ],
  }
}

function simulate(make, requests, slowness, seed) {
  const timeline = new Timeline()
  const balancer = make({ random: createRandom(seed), now: () => timeline.now })
  const stations = Array.from({ length: model.endpoints }, (_, at) => ({
    name: `http://10.0.0.${at + 1}:3000`,
    maxConnections: model.maxConnections,
    server: new Server({ workers: model.workers, slowness: at === model.slow ? slowness : 1 }),
  }))
  const pool = new PoolModel(timeline, balancer, stations)
  pool.load(requests)
  timeline.run()
  const sorted = pool.latencies.slice(LEAD).sort()
  return {
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    mean: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    share: pool.stations[model.slow].picked / requests.length,
  }
}
