// A pool without sockets: endpoints that work on so many requests at a time, a balancer in front of them, and the calls that
// Edgewise's own pool makes of it.

import { exchangeWith } from '../support/strategies.js'

/** What does the work; any number of pools may send it some. */
export class Server {
  #workers
  #slowness
  #busy = 0
  #line = []

  /** @param {{ workers: number, slowness: number }} options */
  constructor({ workers, slowness }) {
    this.#workers = workers
    this.#slowness = slowness
  }

  /** Works on a request, or lets it wait for a worker. */
  take(request, timeline, done) {
    if (this.#busy >= this.#workers) return void this.#line.push([request, done])
    this.#busy++
    timeline.plan(timeline.now + request.serviceMs * this.#slowness, () => {
      this.#busy--
      const next = this.#line.shift()
      if (next !== undefined) this.take(next[0], timeline, next[1])
      done(request)
    })
  }
}

/** An endpoint as balancers see it. */
class Station {
  weight = 1
  warmth = 1
  available = true
  inFlight = 0
  /** Requests it was given. */
  picked = 0

  constructor({ name, maxConnections, server }) {
    this.name = name
    this.server = server
    this.maxConnections = maxConnections
    this.limit = maxConnections
  }

  /** As the pool does: what starts slowly is soon full. */
  refreshLimit() {
    this.limit = Math.max(1, Math.floor(this.maxConnections * this.warmth))
  }
}

/**
 * @typedef {object} Request
 * @property {number} arrivesAt
 * @property {number} serviceMs on an endpoint that is well
 * @property {string} key
 * @property {number} bytes of its reply
 */

export class PoolModel {
  /** Milliseconds from arrival to end, by request. */
  latencies
  #balancer
  #timeline
  #waiting = []
  #skip = (station) => !station.available || station.inFlight >= station.limit

  /**
   * @param {import('./timeline.js').Timeline} timeline
   * @param {import('../../dist/index.js').Balancer} balancer
   * @param {{ name: string, maxConnections: number, server: Server }[]} stations
   */
  constructor(timeline, balancer, stations) {
    this.#timeline = timeline
    this.#balancer = balancer
    this.stations = stations.map((each) => new Station(each))
    balancer.rebuild(this.stations)
  }

  /** Plans the arrival of requests. @param {readonly Request[]} requests */
  load(requests) {
    this.latencies = new Float64Array(requests.length)
    const next = (index) => {
      if (index === requests.length) return
      this.#timeline.plan(requests[index].arrivesAt, () => {
        this.#arrive({ ...requests[index], index, startedAt: 0 })
        next(index + 1)
      })
    }
    next(0)
  }

  /** A station's availability or warmth has moved. */
  changed(station) {
    this.#balancer.changed?.(station)
    this.#pump()
  }

  #arrive(request) {
    this.#waiting.push(request)
    if (this.#waiting.length === 1) this.#pump()
  }

  #pump() {
    while (this.#waiting.length > 0) {
      const station = this.#balancer.pick(exchangeWith(this.#waiting[0].key), this.#skip)
      if (station === undefined) return
      const request = this.#waiting.shift()
      request.startedAt = this.#timeline.now
      station.inFlight++
      station.picked++
      this.#balancer.changed?.(station)
      station.server.take(request, this.#timeline, (done) => this.#done(station, done))
    }
  }

  #done(station, request) {
    const { now } = this.#timeline
    const { startedAt, arrivesAt, index, bytes } = request
    this.latencies[index] = now - arrivesAt
    station.inFlight--
    this.#balancer.settled?.(station, outcomeOf(station.name, startedAt, now, bytes))
    this.#balancer.changed?.(station)
    this.#pump()
  }
}

function outcomeOf(endpoint, startedAt, endedAt, bytesIn) {
  return {
    endpoint,
    status: 200,
    error: null,
    reusedConnection: true,
    times: { startedAt, connectedAt: startedAt, firstByteAt: endedAt, lastByteAt: endedAt },
    bytes: { in: bytesIn, out: 0 },
    countsAgainst: false,
  }
}

/**
 * Requests that arrive by chance (Poisson), with exponential service times and reply sizes; the same for every strategy.
 * @param {{ count: number, perSecond: number, serviceMs: number, keys: number, random: () => number }} load
 * @returns {Request[]}
 */
export function poissonLoad({ count, perSecond, serviceMs, keys, random }) {
  let arrivesAt = 0
  return Array.from({ length: count }, () => {
    arrivesAt += exponential(1000 / perSecond, random)
    return {
      arrivesAt,
      serviceMs: exponential(serviceMs, random),
      key: `user-${Math.floor(random() * keys)}`,
      bytes: Math.round(exponential(10_000, random)),
    }
  })
}

/** @param {number} mean @param {() => number} random */
export const exponential = (mean, random) => -Math.log(1 - random()) * mean
