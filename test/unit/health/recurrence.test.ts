import { describe, expect, it } from 'vitest'
import { Recurrence } from '../../../src/health/recurrence.js'

describe('a recurrence', () => {
  it('counts what happens again in a row', () => {
    const again = new Recurrence()
    expect([again.again(0, 10), again.again(1_000, 10), again.again(2_000, 10)]).toEqual([1, 2, 3])
    expect(again.count).toBe(3)
  })

  it.each([
    [0, 4],
    [9, 4],
    [10, 3],
    [25, 2],
    [35, 1],
    [1e9, 1],
  ])('forgets one for every quiet period: after %i ms of quiet, of three, it is the %ith', (quiet, count) => {
    const again = new Recurrence()
    for (const at of [0, 1, 2]) again.again(at, 10)
    again.over(100)
    expect(again.again(100 + quiet, 10)).toBe(count)
  })

  it('forgets nothing before it is over', () => {
    const again = new Recurrence()
    again.again(0, 10)
    again.over(5)
    again.again(8, 10)
    expect(again.again(1e6, 10)).toBe(3)
  })
})
