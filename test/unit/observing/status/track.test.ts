import { describe, expect, it } from 'vitest'
import { NO_TREND, STEPS, short, sumTrends, Track } from '../../../../src/observing/status/track.js'

describe('Track', () => {
  it('reads rates off the mark before the last, and knows none of the first moment', () => {
    const track = new Track()
    expect(track.rates(0, 0, 0)).toEqual({ rate: null, errorRate: null })
    track.mark(0, 100, 10)
    expect(track.rates(400, 110, 10)).toEqual({ rate: null, errorRate: null })
    expect(track.rates(1_000, 110, 11)).toEqual({ rate: 10, errorRate: 0.1 })
    track.mark(5_000, 150, 10)
    track.mark(10_000, 150, 10)
    expect(track.rates(12_000, 220, 10)).toEqual({ rate: 10, errorRate: 0 })
  })

  it('knows no share of nothing, and all when only old ones failed', () => {
    const track = new Track()
    track.mark(0, 5, 0)
    expect(track.rates(1_000, 5, 0)).toEqual({ rate: 0, errorRate: null })
    expect(track.rates(1_000, 5, 1)).toEqual({ rate: 0, errorRate: 1 })
    expect(track.rates(1_000, 6, 3)).toEqual({ rate: 1, errorRate: 1 })
  })

  it('keeps as many steps as a sparkline has, oldest first', () => {
    const track = new Track()
    for (let at = 0; at <= STEPS + 10; at++) track.mark(at * 1_000, (at * (at + 1)) / 2, at)
    const { rate, failed } = track.trend
    expect([rate.length, rate[0], rate.at(-1)]).toEqual([STEPS, 11, STEPS + 10])
    expect(failed).toEqual(new Array(STEPS).fill(1))
  })

  it('has no trend where nothing happened, and makes one once a step', () => {
    const track = new Track()
    track.mark(0, 1, 0)
    track.mark(1_000, 1, 0)
    expect(track.trend).toBe(NO_TREND)
    track.mark(2_000, 2, 0)
    expect(track.trend).toBe(track.trend)
    expect(track.trend).toEqual({ rate: [0, 1], failed: [0, 0] })
  })

  it('sums trends that end at the same moment', () => {
    expect(sumTrends([])).toBe(NO_TREND)
    expect(sumTrends([{ rate: [1, 2, 3], failed: [0, 0, 1] }, NO_TREND, { rate: [10], failed: [5] }])).toEqual({
      rate: [1, 2, 13],
      failed: [0, 0, 6],
    })
  })

  it.each([
    [0, 0],
    [1234.5, 1230],
    [123.4, 123],
    [0.123456, 0.123],
    [0.000123456, 0.000123],
    [9999, 10_000],
    [99.96, 100],
  ])('shortens %d to %d', (value, to) => expect(short(value)).toBe(to))
})
