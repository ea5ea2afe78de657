import { describe, expect, it } from 'vitest'
import { IdSource, isSampled } from '../../../../src/observing/tracing/ids.js'

describe('ids', () => {
  it('are hexadecimal digits, each from bytes of its own, however many are taken', () => {
    let filled = 0
    const ids = new IdSource((buffer) => {
      filled++
      for (let at = 0; at < buffer.length; at++) buffer[at] = at % 251
    })
    const taken = Array.from({ length: 1_000 }, () => [ids.traceId(), ids.spanId()])
    expect(taken[0]).toEqual(['000102030405060708090a0b0c0d0e0f', '1011121314151617'])
    expect(new Set(taken.flat().map((id) => id.length))).toEqual(new Set([32, 16]))
    expect(filled).toBe(3)
    expect(new Set(Array.from({ length: 1_000 }, () => new IdSource().traceId())).size).toBe(1_000)
  })

  it('are sampled by their last 56 bits, as all do who go by the same share', () => {
    const id = (last: string): string => `${'f'.repeat(18)}${last}`
    expect([isSampled(id('00000000000000'), 1), isSampled(id('ffffffffffffff'), 0)]).toEqual([true, false])
    expect([isSampled(id('80000000000000'), 0.5), isSampled(id('7fffffffffffff'), 0.5)]).toEqual([true, false])
    const ids = new IdSource()
    let sampled = 0
    for (let nth = 0; nth < 20_000; nth++) if (isSampled(ids.traceId(), 0.1)) sampled++
    expect(sampled).toBeGreaterThan(1_700)
    expect(sampled).toBeLessThan(2_300)
  })
})
