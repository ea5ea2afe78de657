import type { EventHub } from '../../events.js'
import type { EndpointState } from '../../upstream/endpoint.js'
import type { EndpointSnapshot, LatencySnapshot, PoolSnapshot } from '../../upstream/snapshot.js'
import { type PoolSource, poolsOf } from '../pool-source.js'
import type { FamilyOptions, Labels, Sample } from './family.js'
import { type Counter, counter, type Section } from './section.js'

const STATES: readonly EndpointState[] = ['up', 'warming', 'trial', 'ejected', 'down', 'drain', 'maintenance']
const SERVING: ReadonlySet<EndpointState> = new Set(['up', 'warming', 'trial'])

type Gauge = Pick<FamilyOptions, 'name' | 'help' | 'aggregator' | 'type'>
type Read<T> = (of: T) => number
/** Numbers with the labels that they have beside those of their pool and endpoint. */
type Numbers = readonly (readonly [Labels, number])[]

/** A pool as it is at one moment. */
interface Look {
  readonly pool: PoolSnapshot
  /** Its endpoints that there is room for. */
  readonly shown: readonly EndpointSnapshot[]
}

/** One number of each endpoint, as its snapshot has it. */
const OF_ENDPOINT: readonly (readonly [Gauge, Read<EndpointSnapshot>])[] = [
  [
    gauge('endpoint_up', 'Whether it takes new traffic: up, warming or on trial.', 'average'),
    ({ state }) => Number(SERVING.has(state)),
  ],
  [gauge('endpoint_weight', 'Its weight.', 'average'), ({ weight }) => weight],
  [gauge('endpoint_in_flight', 'Attempts under way, open WebSockets included.'), ({ inFlight }) => inFlight],
  [gauge('endpoint_limit', 'Attempts that it may have under way.'), ({ limit }) => limit],
  [gauge('endpoint_tunnels', 'Open WebSockets.'), ({ tunnels }) => tunnels.open],
  [
    { name: 'endpoint_failures_total', help: 'Attempts that failed through its fault.', type: 'counter' },
    ({ failures }) => failures,
  ],
]

const OF_POOL: readonly (readonly [Gauge, Read<PoolSnapshot>])[] = [
  [gauge('pool_queued', 'Requests that wait for an endpoint.'), ({ queued }) => queued],
  [
    gauge('pool_panic', 'Whether so few endpoints are well that health counts for nothing.', 'max'),
    ({ panic }) => Number(panic),
  ],
  [gauge('pool_retry_tokens', 'Retries that would be granted now.'), ({ retryTokens }) => retryTokens],
]

/** How pools and their endpoints are, read when somebody scrapes; and what happened to them. */
export class Pools implements Section {
  readonly families: readonly FamilyOptions[]
  readonly #source: PoolSource
  readonly #maxEndpoints: number
  readonly #changes: Counter
  readonly #ejections: Counter
  readonly #alarms: Counter
  #look: readonly Look[] | null = null

  constructor(source: PoolSource, maxSeries: number) {
    this.#source = source
    this.#maxEndpoints = maxSeries
    this.#changes = counter('endpoint_changes_total', 'Endpoints that changed.', ['pool', 'change'], maxSeries)
    this.#ejections = counter(
      'ejections_total',
      'Endpoints taken out by what traffic showed: an outlier, or a breaker that opened.',
      ['pool'],
      maxSeries,
    )
    this.#alarms = counter('pool_changes_total', 'Pools in panic, calm again, or stale.', ['pool', 'change'], maxSeries)
    this.families = [
      ...OF_POOL.map(([family, read]) => this.#ofPools(family, ['pool'], (pool) => [[{}, read(pool)]])),
      this.#ofPools(gauge('pool_endpoints', 'Endpoints by state.'), ['pool', 'state'], ({ endpoints }) =>
        STATES.map((state) => [{ state }, endpoints.filter((each) => each.state === state).length]),
      ),
      this.#ofPools(
        gauge('pool_latency_seconds', 'Recent times to first byte.', 'average'),
        ['pool', 'quantile'],
        ({ latency }) => quantiles(latency),
      ),
      ...OF_ENDPOINT.map(([family, read]) => this.#ofEndpoints(family, [], (each) => [[{}, read(each)]])),
      this.#ofEndpoints(gauge('endpoint_state', '1 for the state that it has.'), ['state'], ({ state }) => [
        [{ state }, 1],
      ]),
      this.#ofEndpoints(
        gauge('endpoint_latency_seconds', 'Recent times to first byte.', 'average'),
        ['quantile'],
        ({ latency }) => quantiles(latency),
      ),
      this.#ofEndpoints(
        {
          name: 'endpoint_bytes_total',
          help: 'Bytes of bodies from it (in), and at layer 4 to it (out).',
          type: 'counter',
        },
        ['direction'],
        ({ bytes }) => [
          [{ direction: 'in' }, bytes.in],
          [{ direction: 'out' }, bytes.out],
        ],
      ),
      ...[this.#changes, this.#ejections, this.#alarms],
    ]
  }

  listen(hub: EventHub): readonly (() => void)[] {
    return [
      hub.on('pool', ({ pool, change }) => void this.#alarms.cell(pool, change).value++),
      hub.on('endpoint', ({ pool, endpoint, change }) => {
        this.#changes.cell(pool, change).value++
        if (change !== 'down') return
        const members = poolsOf(this.#source).find(({ name }) => name === pool)?.endpoints ?? []
        if (members.some((each) => each.name === endpoint && each.ejected)) this.#ejections.cell(pool).value++
      }),
    ]
  }

  #ofPools(family: Gauge, labels: readonly string[], read: (pool: PoolSnapshot) => Numbers): FamilyOptions {
    return {
      ...{ ...family, labels },
      read: () => this.#looked().flatMap(({ pool }) => samplesOf(pool.name, read(pool))),
    }
  }

  #ofEndpoints(family: Gauge, labels: readonly string[], read: (endpoint: EndpointSnapshot) => Numbers): FamilyOptions {
    return {
      ...{ ...family, labels: ['pool', 'endpoint', ...labels] },
      read: () =>
        this.#looked().flatMap(({ pool, shown }) =>
          shown.flatMap((each) => samplesOf(pool.name, read(each), { endpoint: each.name })),
        ),
    }
  }

  /** One look for all metrics of a scrape: a registry asks them one after the other, in one turn. */
  #looked(): readonly Look[] {
    if (this.#look !== null) return this.#look
    let room = this.#maxEndpoints
    const looks = new Map<string, Look>()
    for (const each of poolsOf(this.#source)) {
      // Two series of the same labels would spoil the whole scrape.
      if (looks.has(each.name)) continue
      const pool = each.snapshot()
      const shown = pool.endpoints.slice(0, room)
      room -= shown.length
      looks.set(pool.name, { pool, shown })
    }
    this.#look = [...looks.values()]
    queueMicrotask(() => {
      this.#look = null
    })
    return this.#look
  }
}

function samplesOf(pool: string, numbers: Numbers, labels: Labels = {}): Sample[] {
  return numbers.map(([more, value]) => ({ labels: { pool, ...labels, ...more }, value }))
}

function gauge(name: string, help: string, aggregator?: Gauge['aggregator']): Gauge {
  return { name, help, type: 'gauge', ...(aggregator === undefined ? {} : { aggregator }) }
}

function quantiles({ p50, p95 }: LatencySnapshot): Numbers {
  const known = [
    ['0.5', p50],
    ['0.95', p95],
  ] as const
  return known.flatMap(([quantile, ms]) => (ms === null ? [] : [[{ quantile }, ms / 1000] as const]))
}
