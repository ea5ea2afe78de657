import { describe, expect, it } from 'vitest'
import { OffenceCounts } from '../../../../src/filters/abuse/offence-counts.js'
import { seededRandom } from '../../../support/index.js'

const address = (at: number): string => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`

describe('counts of offences', () => {
  it('H-145 find one offender among 100,000 addresses that offend now and then, and nobody else, with 1,000 places', () => {
    const limit = 20
    const counts = new OffenceCounts(limit, 60_000, 1_000)
    const random = seededRandom(7)
    const banned = new Set<string>()
    let needed = 0
    for (let at = 0; at < 200_000; at++) {
      // Of 200,000 offences within a window, two each, the offender's are 40.
      const key = at % 5_000 === 4_999 ? 'offender' : address(Math.floor(random() * 100_000))
      if (key === 'offender' && !banned.has(key)) needed++
      if (counts.add(key, 1_000 + at / 4) >= limit) banned.add(key)
    }
    expect([...banned]).toEqual(['offender'])
    expect(needed).toBeLessThanOrEqual(1.5 * limit + 1)
    expect(counts.size).toBeLessThanOrEqual(1_000)
  })

  it('H-145 of one offender are not flushed by its going round 100,000 addresses of its own', () => {
    const counts = new OffenceCounts(10, 60_000, 100)
    for (let at = 0; at < 100; at++) counts.add(address(at), 0)
    let most = 0
    for (let at = 0; at < 10; at++) {
      most = counts.add('offender', 1)
      // One offence each, which nobody is banned for.
      for (let fresh = 0; fresh < 1_000; fresh++) counts.add(address(1_000 * (at + 1) + fresh), 1)
    }
    expect(most).toBeGreaterThanOrEqual(4)
    for (let at = 0; at < 6; at++) most = counts.add('offender', 1)
    expect(most).toBeGreaterThanOrEqual(10)
  })

  it('are exact while there is room', () => {
    const counts = new OffenceCounts(100, 60_000, 10)
    for (let at = 1; at <= 50; at++) expect(counts.add('a', 5)).toBe(at)
  })

  it('give the place of a key that has been quiet for two windows at once', () => {
    const counts = new OffenceCounts(100, 1_000, 1)
    expect([counts.add('a', 0), counts.add('b', 500), counts.add('b', 1_999), counts.add('b', 2_000)]).toEqual([
      1, 0, 0, 1,
    ])
  })

  it('let a key have a place at once whose limit is 1', () => {
    const counts = new OffenceCounts(1, 1_000, 1)
    expect([counts.add('a', 0), counts.add('b', 0), counts.add('c', 0)]).toEqual([1, 1, 1])
  })
})
