import { describe, expect, it } from 'vitest'
import { ownFigures, Pressure } from '../../../../src/filters/shed/pressure.js'

const none = Number.POSITIVE_INFINITY
const unlimited = { maxEventLoopDelayMs: none, maxHeapShare: none, maxRssBytes: none }

/** So many samples of the same delay. */
function last(pressure: Pressure, samples: number, lateMs = 0): number {
  for (let at = 0; at < samples; at++) pressure.sample(lateMs)
  return pressure.level
}

describe('pressure', () => {
  it('sheds the lowest rank at 80 % of a limit, the next at 95 %, and all at 100 %', () => {
    const used = { heap: 0 }
    const pressure = new Pressure(
      { ...unlimited, maxHeapShare: 0.5 },
      { heapShare: () => used.heap, rssBytes: () => 0 },
    )
    for (const [heap, level] of [
      [0.39, 0],
      [0.4, 1],
      [0.474, 1],
      [0.475, 2],
      [0.499, 2],
      [0.5, 3],
      [9, 3],
    ] as const) {
      used.heap = heap
      expect(last(pressure, 10)).toBe(level)
    }
    expect(pressure.why).toBe('the heap is nearly full')
  })

  it('goes on until it is a tenth below where it began', () => {
    const used = { rss: 1_000 }
    const pressure = new Pressure(
      { ...unlimited, maxRssBytes: 1_000 },
      { heapShare: () => 0, rssBytes: () => used.rss },
    )
    for (const [rss, level] of [
      [1_000, 3],
      [901, 3],
      [899, 2],
      [856, 2],
      [854, 1],
      [721, 1],
      [719, 0],
    ] as const) {
      used.rss = rss
      expect(last(pressure, 10)).toBe(level)
    }
  })

  it('by the event loop’s delay takes one that lasts, or is long', () => {
    const pressure = new Pressure({ ...unlimited, maxEventLoopDelayMs: 100 }, ownFigures)
    expect([last(pressure, 1, 200), last(pressure, 5)]).toEqual([0, 0])
    expect(last(pressure, 20, 110)).toBe(3)
    expect(last(pressure, 10)).toBe(0)
    expect(last(pressure, 1, 1_000)).toBe(3)
    expect(pressure.why).toBe('the event loop is late')
  })

  it('without limits looks at nothing', () => {
    const asked = (): never => {
      throw new Error('looked')
    }
    expect(last(new Pressure(unlimited, { heapShare: asked, rssBytes: asked }), 30, 10_000)).toBe(0)
  })

  it('reads what the process takes', () => {
    expect(ownFigures.heapShare()).toBeGreaterThan(0)
    expect(ownFigures.heapShare()).toBeLessThan(1)
    expect(ownFigures.rssBytes()).toBeGreaterThan(10_000_000)
  })
})
