import { describe, expect, it } from 'vitest'
import { timersOf } from '../../../../src/observing/log/timers.js'
import { outcomeOf } from './outcomes.js'

describe('timersOf', () => {
  it('splits the whole time into phases that add up', () => {
    const timers = timersOf(outcomeOf())
    expect(timers).toEqual({ total: 10, request: 0, queue: 1, connect: 2, response: 3, data: 4 })
  })

  it.each([
    ['no endpoint was there', { attempts: [] }, ['request', 'total']],
    ['no connection came up', { times: { connected: null, firstByte: null } }, ['queue', 'request', 'total']],
    ['no byte came back', { times: { firstByte: null } }, ['connect', 'queue', 'request', 'total']],
    ['the request was not read', { times: { requestRead: null } }, ['connect', 'data', 'queue', 'response', 'total']],
  ])('has no phase that was never reached: %s', (_what, odd, known) => {
    expect(Object.keys(timersOf(outcomeOf(odd))).toSorted()).toEqual(known)
  })

  it('never goes below nothing', () => {
    expect(timersOf(outcomeOf({ times: { connected: 100 } })).connect).toBe(0)
  })
})
