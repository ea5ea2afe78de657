import { describe, expect, it } from 'vitest'
import { Spate } from '../../../../src/observing/log/spate.js'
import { fakeClock } from '../../../support/index.js'

describe('Spate', () => {
  it('lets so many of each kind through in an interval, and tells of the rest at its end', async () => {
    const clock = fakeClock()
    const told: unknown[] = []
    const spate = new Spate<string>(2, 1_000, (kind, kept) => told.push([kind, kept]), clock)
    expect(['a', 'a', 'a', 'a', 'b'].map((kind) => spate.pass(kind))).toEqual([true, true, false, false, true])
    expect(told).toEqual([])
    await clock.advance(1_000)
    expect([told, clock.pending]).toEqual([[['a', 2]], 0])
    expect(spate.pass('a')).toBe(true)
  })

  it('ends before its time with nothing left over', () => {
    const clock = fakeClock()
    const told: unknown[] = []
    const spate = new Spate<string>(1, 1_000, (kind, kept) => told.push([kind, kept]), clock)
    spate.pass('a')
    spate.pass('a')
    spate.end()
    spate.end()
    expect([told, clock.pending]).toEqual([[['a', 1]], 0])
  })
})
