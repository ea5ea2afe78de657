import {
  type AttemptOutcome,
  type Balancer,
  type Endpoint,
  type Exchange,
  type Lease,
  type Pool,
  roundRobin,
} from 'edgewise'
import { Cancel } from '../../../src/cancel.js'
import { EdgeError } from '../../../src/errors.js'
import type { EndpointPool } from '../../../src/upstream/endpoint-pool.js'

/** As much of an exchange as a pool looks at. */
export function fakeExchange(name = ''): Exchange {
  return { cancel: new Cancel(), route: name } as Exchange
}

/** Of an attempt that began when it is asked: one from before an ejection would tell nothing. */
const JUST_NOW: AttemptOutcome['times'] = {
  get startedAt() {
    return performance.now()
  },
  connectedAt: null,
  firstByteAt: null,
  lastByteAt: null,
}

export function outcomeOf(change: Partial<AttemptOutcome> = {}): AttemptOutcome {
  return {
    endpoint: 'a',
    status: 200,
    error: null,
    reusedConnection: false,
    times: JUST_NOW,
    bytes: { in: 0, out: 0 },
    countsAgainst: false,
    ...change,
  }
}

export const good: AttemptOutcome = outcomeOf()
export const refused: AttemptOutcome = outcomeOf({
  status: null,
  error: new EdgeError('ERR_EDGE_CONNECT', 'refused'),
  countsAgainst: true,
})
/** The client left before anything could be learnt. */
export const noVerdict: AttemptOutcome = outcomeOf({
  status: null,
  error: new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'),
})

/** Tells the pool what health would. */
export function setHealth(pool: Pool, endpoint: Endpoint, change: Partial<Endpoint>): void {
  Object.assign(endpoint, change)
  ;(pool as EndpointPool).healthChanged(endpoint, 'test')
}

/** Leases at once, or throws that it would have to wait. */
export function take(pool: Pool, exclude?: ReadonlySet<Endpoint>): Lease {
  const lease = pool.acquire(fakeExchange(), exclude)
  if (!(lease instanceof Promise)) return lease
  lease.catch(() => {})
  throw new Error('has to wait')
}

/** A round robin that can be forked and can note what it is told. */
export function forkable(log: string[] = []): Balancer<Endpoint> {
  const inner = roundRobin<Endpoint>()
  return {
    name: 'forkable',
    rebuild: (endpoints) => inner.rebuild(endpoints),
    pick: (exchange, skip) => inner.pick(exchange, skip),
    changed: ({ name }) => void log.push(`changed ${name}`),
    settled: ({ name }) => void log.push(`settled ${name}`),
    fork: () => forkable(log),
    cookieFor: (_exchange, { name }) => `at=${name}`,
  }
}

export function named(...names: readonly string[]): { url: string; name: string }[] {
  return names.map((name) => ({ url: `http://${name}.test`, name }))
}
