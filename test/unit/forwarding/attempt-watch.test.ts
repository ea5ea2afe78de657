import type { AttemptOutcome, Exchange } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../../src/errors.js'
import { type AttemptWatcher, watchAttempts, watcherOf } from '../../../src/forwarding/attempt-watch.js'
import { Journey } from '../../../src/forwarding/journey.js'
import type { Lease } from '../../../src/upstream/lease.js'
import { asked } from '../asked.js'
import { endpoints } from '../health/attempts.js'

const TIMEOUTS = { connectMs: 0, firstByteMs: 0, idleMs: 0 }
const dead = (): EdgeError => new EdgeError('ERR_EDGE_CONNECT', 'by the test')

/** An exchange with a watcher that notes what it hears. */
function watched(): { readonly exchange: Exchange; readonly heard: unknown[]; readonly lease: Lease } {
  const heard: unknown[] = []
  const watcher: AttemptWatcher = {
    begin: (exchange, { pool }, resends, waitedMs) => {
      heard.push([exchange.target.path, pool, resends, waitedMs > 0])
      return { end: ({ error }: AttemptOutcome) => heard.push([resends, error?.code ?? null]) }
    },
  }
  const exchange = asked('/x')
  watchAttempts(exchange, watcher)
  const lease = { pool: 'p', endpoint: endpoints(1)[0], release: () => {} } as unknown as Lease
  return { exchange, heard, lease }
}

describe('who watches attempts', () => {
  it('hears of each as it sets out and ends, with its count over a hedge, once', () => {
    const { exchange, heard, lease } = watched()
    const journey = new Journey(exchange, exchange.with({}))
    const first = journey.begin(lease, TIMEOUTS, 0)
    const hedge = new Journey(exchange, exchange.with({}), journey)
    const second = hedge.begin(lease, TIMEOUTS, 0)
    journey.fail(first, dead())
    const third = journey.begin(lease, TIMEOUTS, 0)
    journey.passOver(third, 503)
    hedge.fail(second, dead())
    expect(heard).toEqual([
      ['/x', 'p', 0, false],
      ['/x', 'p', 1, false],
      [0, 'ERR_EDGE_CONNECT'],
      ['/x', 'p', 2, false],
      [2, null],
      [1, 'ERR_EDGE_CONNECT'],
    ])
  })

  it('is told of a wait in the queue, for the attempt that waited only', async () => {
    const { exchange, heard, lease } = watched()
    const journey = new Journey(exchange, exchange.with({}))
    await journey.wait(new Promise((resolve) => setImmediate(resolve, lease)))
    journey.passOver(journey.begin(lease, TIMEOUTS, 0), 503)
    journey.passOver(journey.begin(lease, TIMEOUTS, 0), 503)
    expect(heard.filter((each) => (each as unknown[]).length === 4)).toEqual([
      ['/x', 'p', 0, true],
      ['/x', 'p', 1, false],
    ])
  })

  it('is nobody unless somebody says so; an exchange that outlives its request keeps him', () => {
    const { exchange } = watched()
    expect(watcherOf(asked('/'))).toBeUndefined()
    expect(watcherOf(exchange.detach())).toBe(watcherOf(exchange))
  })
})
