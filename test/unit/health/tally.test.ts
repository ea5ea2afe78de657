import { describe, expect, it } from 'vitest'
import { Tally } from '../../../src/health/tally.js'
import { outcome } from './attempts.js'

describe('a tally', () => {
  it('H-109 counts what shows something, and times only replies', () => {
    const tally = new Tally(true)
    tally.note(outcome({ status: 200, firstByteMs: 10 }))
    tally.note(outcome({ status: 503, firstByteMs: 10 }))
    tally.note(outcome({ error: 'ERR_EDGE_CONNECT' }))
    tally.note(outcome({ error: 'ERR_EDGE_CLIENT_CLOSED' }))
    expect([tally.requests, tally.failures, tally.replies]).toEqual([3, 2, 2])
    expect(tally.latency!.quantile(0.5)).toBeCloseTo(10, 0)
  })

  it('forgets all when its interval is over', () => {
    const tally = new Tally(true)
    tally.note(outcome({ status: 500, firstByteMs: 10 }))
    tally.reset()
    expect([tally.requests, tally.failures, tally.replies, tally.latency!.count]).toEqual([0, 0, 0, 0])
  })

  it('keeps no times where nobody asks', () => {
    const tally = new Tally(false)
    tally.note(outcome({ status: 200, firstByteMs: 10 }))
    tally.reset()
    expect(tally.latency).toBeNull()
  })
})
