import { describe, expect, it, vi } from 'vitest'
import { Cancel } from '../../../src/cancel.js'
import { EdgeError } from '../../../src/errors.js'
import type { Exchange } from '../../../src/exchange.js'
import type { Endpoint } from '../../../src/upstream/endpoint.js'
import type { Lease } from '../../../src/upstream/lease.js'
import { Queue } from '../../../src/upstream/queue.js'

const exchange = (): Exchange => ({ cancel: new Cancel() }) as Exchange
const lease = (): Lease => ({ endpoint: {} as Endpoint, release: () => {} })

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
})
