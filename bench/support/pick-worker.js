// One round of bench/pick.js for one strategy, in a process of its own: as in an application, the code has met no other balancer.

import { exchangeWith, strategies } from './strategies.js'

const KEYS = 4096
const MAX_CONNECTIONS = 16

/**
 * Weights by endpoint. The last kind is past what round robin lays out as a sequence.
 * @type {Record<string, (at: number) => number>}
 */
const WEIGHTS = { equal: () => 1, 'weights 1 to 7': (at) => 1 + (at % 7), 'weights to 65535': (at) => 65_535 - 7 * at }

/** @typedef {{ count: number, weights: string, halfDown: boolean, turns: number }} Case */

class Station {
  inFlight = 0
  warmth = 1
  available = true

  constructor(at, weight) {
    this.name = `http://10.0.${at >> 8}.${at & 255}:3000`
    this.weight = weight
  }
}

const skip = (station) => !station.available || station.inFlight >= MAX_CONNECTIONS
const exchanges = Array.from({ length: KEYS }, (_, at) => exchangeWith(`user-${at}`))
const outcomes = Array.from({ length: 64 }, (_, at) => ({
  endpoint: '',
  status: 200,
  error: null,
  reusedConnection: true,
  times: { startedAt: 0.5, connectedAt: 0.5, firstByteAt: 5.5 + at / 10, lastByteAt: 6.5 + at / 10 },
  bytes: { in: 1000 + at, out: 0 },
  countsAgainst: false,
}))

/** @param {string} name @param {Case} wanted */
function prepare(name, { count, weights, halfDown }) {
  const stations = Array.from({ length: count }, (_, at) => new Station(at, WEIGHTS[weights](at)))
  const balancer = strategies.find((each) => each.name === name).make()
  balancer.rebuild(stations)
  // The first half, as when a zone is gone: whoever goes by the order configured meets all of them in a row.
  for (const station of halfDown ? stations.slice(0, count >> 1) : []) {
    station.available = false
    balancer.changed?.(station)
  }
  return { balancer, held: new Array(Math.max(4, count)).fill(null), at: 0 }
}

/** What a pool does for each request: pick, lend, and take back one that was lent before. */
function turn({ balancer, held, at }, turns) {
  for (let left = turns; left > 0; left--) {
    const station = balancer.pick(exchanges[left & (KEYS - 1)], skip)
    station.inFlight++
    balancer.changed?.(station)
    const ended = held[at]
    held[at] = station
    at = at + 1 === held.length ? 0 : at + 1
    if (ended !== null) {
      ended.inFlight--
      balancer.settled?.(ended, outcomes[left & 63])
      balancer.changed?.(ended)
    }
  }
  return at
}

/** Bytes that `run` allocated; what is thrown away counts too, since the young generation is larger than all of it. */
function allocated(run) {
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  run()
  return process.memoryUsage().heapUsed - before
}

/** A measure that saw nothing would praise everything. */
function checkMeasure() {
  const kept = new Array(8)
  const bytes = allocated(() => {
    for (let at = 0; at < 100_000; at++) kept[at & 7] = [at]
  })
  if (bytes < 100_000 * 16) throw new Error(`allocations are not seen: ${bytes} bytes for 100,000 arrays`)
}

/** @param {string} name @param {Case} wanted */
function measure(name, wanted) {
  const state = prepare(name, wanted)
  state.at = turn(state, Math.max(2 * state.held.length, wanted.turns >> 1))
  let ns = 0
  const bytes = allocated(() => {
    const start = process.hrtime.bigint()
    state.at = turn(state, wanted.turns)
    ns = Number(process.hrtime.bigint() - start)
  })
  return { ...wanted, ns: ns / wanted.turns, bytes: Math.max(0, bytes) / wanted.turns }
}

process.on('message', ({ name, cases }) => {
  try {
    checkMeasure()
    process.send({ results: cases.map((each) => measure(name, each)) })
  } catch (error) {
    process.send({ error: String(error) })
  }
})
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
