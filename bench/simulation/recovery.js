// What an endpoint that comes back is given at first, with and without slow start.

import { SlowStart } from '../../dist/inside.js'
import { createRandom } from '../support/stats.js'
import { strategies } from '../support/strategies.js'
import { PoolModel, poissonLoad, Server } from './pool-model.js'
import { Timeline } from './timeline.js'

const ENDPOINTS = 10
const WORKERS = 100
const SERVICE_MS = 100
const LOAD = 0.65
const SLOW_START_MS = 10_000
const DOWN_AT = 1_000
const BACK_AT = 5_000
const END = 20_000
const NEWCOMER = 4

/** @param {{ seed: number }} settings */
export function recovery({ seed }) {
  const perSecond = (LOAD * ENDPOINTS * WORKERS * 1000) / SERVICE_MS
  const requests = poissonLoad({
    count: Math.round((perSecond * END) / 1000),
    perSecond,
    serviceMs: SERVICE_MS,
    keys: 10_000,
    random: createRandom(seed),
  })
  return {
    title: `The newcomer's share after one of ${ENDPOINTS} endpoints was down for ${(BACK_AT - DOWN_AT) / 1000} s (its even share: ${100 / ENDPOINTS} %), ${Math.round(perSecond)} requests/s; slow start: ${SLOW_START_MS / 1000} s`,
    header: [
      'strategy',
      'first 100 ms',
      'first second',
      'busiest ÷ others',
      'slow start: first 100 ms',
      'first second',
      'busiest ÷ others',
      'after 10 s',
    ],
    rows: strategies.map(({ name, make }) => ({
      name,
      cold: simulate(make, requests, 0, seed),
      slow: simulate(make, requests, SLOW_START_MS, seed),
    })),
    cells: ({ name, cold, slow }) => [
      name,
      percent(cold.first),
      percent(cold.second),
      cold.busiest.toFixed(2),
      percent(slow.first),
      percent(slow.second),
      slow.busiest.toFixed(2),
      percent(slow.later),
    ],
  }
}

function simulate(make, requests, slowStartMs, seed) {
  const timeline = new Timeline()
  const balancer = make({ random: createRandom(seed), now: () => timeline.now })
  const stations = Array.from({ length: ENDPOINTS }, (_, at) => ({
    name: `http://10.0.0.${at + 1}:3000`,
    maxConnections: 4 * WORKERS,
    server: new Server({ workers: WORKERS, slowness: 1 }),
  }))
  const pool = new PoolModel(timeline, balancer, stations)
  const newcomer = pool.stations[NEWCOMER]
  const slowStart = new SlowStart({
    durationMs: slowStartMs,
    onStep: (station) => pool.changed(station),
    clock: {
      setTimeout: (run, ms) => timeline.plan(timeline.now + ms, run),
      clearTimeout: (entry) => timeline.cancel(entry),
    },
    now: () => timeline.now,
  })
  const counts = () => pool.stations.map(({ picked }) => picked)
  const at = {}
  const note = (name, ms) => timeline.plan(ms, () => Object.assign(at, { [name]: counts() }))
  let busiest = 0

  pool.load(requests)
  timeline.plan(DOWN_AT, () => {
    newcomer.available = false
    pool.changed(newcomer)
  })
  timeline.plan(BACK_AT, () => {
    newcomer.available = true
    slowStart.begin(newcomer)
    pool.changed(newcomer)
  })
  for (let ms = BACK_AT + 10; ms <= BACK_AT + 1000; ms += 10) {
    timeline.plan(ms, () => {
      const others = pool.stations.reduce((sum, { inFlight }) => sum + inFlight, -newcomer.inFlight)
      busiest = Math.max(busiest, newcomer.inFlight / (others / (ENDPOINTS - 1)))
    })
  }
  note('back', BACK_AT)
  note('first', BACK_AT + 100)
  note('second', BACK_AT + 1000)
  note('warm', BACK_AT + SLOW_START_MS)
  note('end', END)
  timeline.run()
  const share = (from, to) => {
    const given = at[to].map((count, index) => count - at[from][index])
    return given[NEWCOMER] / given.reduce((sum, count) => sum + count, 0)
  }
  return { first: share('back', 'first'), second: share('back', 'second'), later: share('warm', 'end'), busiest }
}

const percent = (share) => `${(share * 100).toFixed(1)} %`
