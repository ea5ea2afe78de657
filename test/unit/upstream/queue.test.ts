import { describe, expect, it, vi } from 'vitest'
import { Cancel } from '../../../src/cancel.js'
import { EdgeError } from '../../../src/errors.js'
import type { Exchange } from '../../../src/exchange.js'
import type { Endpoint } from '../../../src/upstream/endpoint.js'
import type { Lease } from '../../../src/upstream/lease.js'
import { Queue } from '../../../src/upstream/queue.js'

const exchange = (): Exchange => ({ cancel: new Cancel() }) as Exchange
const lease = (): Lease => ({ endpoint: {} as Endpoint }) as Lease

describe('the queue', () => {
  it('serves first come first, as long as there is something to serve', async () => {
    const queue = new Queue()
    const [first, second, third] = [exchange(), exchange(), exchange()]
    const waits = [first, second, third].map((each) => queue.wait(each, undefined))
    const served: Exchange[] = []
    queue.pump((each) => {
      if (served.length === 2) return null
      served.push(each)
      return lease()
    })
    await Promise.all(waits.slice(0, 2))
    expect(served).toEqual([first, second])
    expect(queue.size).toBe(1)
    queue.pump(lease)
    await waits[2]
    expect(queue.size).toBe(0)
  })

  it('H-114 refuses at once what is past its limit', async () => {
    const queue = new Queue({ limit: 1 })
    const waiting = queue.wait(exchange(), undefined)
    await expect(queue.wait(exchange(), undefined)).rejects.toMatchObject({
      code: 'ERR_EDGE_QUEUE_FULL',
      status: 503,
      headers: { 'retry-after': '1' },
    })
    queue.pump(lease)
    await waiting
    await expect(new Queue({ limit: 0 }).wait(exchange(), undefined)).rejects.toMatchObject({
      code: 'ERR_EDGE_QUEUE_FULL',
    })
  })

  it('H-114 sends away whoever has waited too long', async () => {
    vi.useFakeTimers()
    try {
      const queue = new Queue({ timeoutMs: 100 })
      const waiting = queue.wait(exchange(), undefined)
      const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_EDGE_QUEUE_TIMEOUT', status: 503 })
      vi.advanceTimersByTime(100)
      await refused
      expect(queue.size).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('H-116 forgets a client that leaves, timer and listener included', async () => {
    vi.useFakeTimers()
    try {
      const queue = new Queue()
      const leaving = exchange()
      const waiting = queue.wait(leaving, undefined)
      leaving.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED' })
      expect(queue.size).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('H-115 listens no more to a client once it is served', async () => {
    const queue = new Queue()
    const served = exchange()
    const waiting = queue.wait(served, undefined)
    queue.pump(lease)
    await waiting
    served.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
    expect([queue.size, queue.easySize]).toEqual([0, 0])
  })

  it('turns a client that has left already away at once', async () => {
    const queue = new Queue()
    const left = exchange()
    left.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
    await expect(queue.wait(left, undefined)).rejects.toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED' })
    expect(queue.size).toBe(0)
  })

  it('does not let one who cannot use what came free hold up those who can', async () => {
    const queue = new Queue()
    const free = {} as Endpoint
    const picky = queue.wait(exchange(), new Set([free]))
    const easy = queue.wait(exchange(), undefined)
    queue.pump((_each, exclude) => (exclude?.has(free) === true ? null : lease()))
    await easy
    expect(queue.size).toBe(1)
    queue.reject(new EdgeError('ERR_EDGE_CLOSING', 'closed'))
    await expect(picky).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
  })

  it('sends everybody away on close', async () => {
    const queue = new Queue()
    const waits = [queue.wait(exchange(), undefined), queue.wait(exchange(), undefined)]
    queue.reject(new EdgeError('ERR_EDGE_CLOSING', 'closed'))
    for (const waiting of waits) await expect(waiting).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
    expect(queue.size).toBe(0)
  })

  it('serves lower classes first, and within a class who came first', async () => {
    const classes = [3, 0, 15, 3, 0, -7, 99, 3.9]
    const queue = new Queue({ priority: ({ route }) => Number(route) })
    const waits = classes.map((each, at) =>
      queue.wait({ cancel: new Cancel(), route: String(each), base: `${at}` } as Exchange, undefined),
    )
    const served: string[] = []
    queue.pump(({ base }) => {
      served.push(base)
      return lease()
    })
    await Promise.all(waits)
    expect(served.map(Number)).toEqual([1, 4, 5, 0, 3, 7, 2, 6])
  })

  it('puts whoever cannot be ranked last, and says so, rather than lose a request', async () => {
    const faults: unknown[] = []
    const ranks: unknown[] = [Number.NaN, 'x', 1]
    const queue = new Queue({ priority: () => ranks.shift() as number }, (error) => faults.push(error))
    const broken = new Queue(
      {
        priority: () => {
          throw new Error('mine')
        },
      },
      (error) => faults.push(error),
    )
    const waits = [0, 1, 2].map(() => queue.wait(exchange(), undefined))
    const other = broken.wait(exchange(), undefined)
    const order: number[] = []
    waits.forEach((each, at) => void each.then(() => order.push(at)))
    queue.pump(lease)
    broken.pump(lease)
    await Promise.all([...waits, other])
    expect(order).toEqual([2, 0, 1])
    expect(faults.map(String)).toEqual([
      'TypeError: queue.priority returned NaN; allowed: a number from 0 to 15',
      'TypeError: queue.priority returned x; allowed: a number from 0 to 15',
      'Error: mine',
    ])
  })

  it('H-114 asks no more than a few about one free place, however many wait who cannot use it', async () => {
    const queue = new Queue()
    const taken = {} as Endpoint
    const picky = Array.from({ length: 500 }, () => queue.wait(exchange(), new Set([taken])).catch(() => {}))
    const easy = queue.wait(exchange(), undefined)
    let asked = 0
    queue.pump((_each, exclude) => {
      asked++
      return exclude === undefined ? lease() : null
    })
    await easy
    // Once before the one was served, and once after.
    expect(asked).toBeLessThanOrEqual(2 * 16 + 1)
    expect([queue.size, queue.easySize]).toEqual([500, 0])
    queue.reject(new EdgeError('ERR_EDGE_CLOSING', 'closed'))
    await Promise.all(picky)
    expect(queue.size).toBe(0)
  })

  it('H-110 stays in order whoever leaves from its middle', async () => {
    const queue = new Queue()
    const all = Array.from({ length: 50 }, exchange)
    const ends: number[] = []
    const waits = all.map((each, at) =>
      queue.wait(each, undefined).then(
        () => ends.push(at),
        () => {},
      ),
    )
    all.forEach((each, at) => {
      if (at % 3 !== 1) each.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
    })
    queue.pump(lease)
    await Promise.all(waits)
    expect(ends).toEqual(all.map((_, at) => at).filter((at) => at % 3 === 1))
    expect([queue.size, queue.easySize]).toEqual([0, 0])
  })
})
