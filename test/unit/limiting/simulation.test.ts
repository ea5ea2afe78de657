import type { LimitAlgorithm } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../support/index.js'
import { held } from './kit.js'

const WINDOW = 1_000
const LIMIT = 10
const BURST = 4

/** How somebody asks: the moments at which he tries, each as often as is let pass. */
type Traffic = (random: () => number) => readonly number[]

const steady: Traffic = (random) => {
  const moments: number[] = []
  for (let at = 0; at < 8 * WINDOW; at += random() * 60) moments.push(at)
  return moments
}

/** Bursts wherever windows may meet, and in between. */
const edges: Traffic = (random) =>
  Array.from({ length: 400 }, () => {
    const edge = Math.floor(random() * 8) * WINDOW
    return Math.max(0, edge + (random() < 0.5 ? (random() - 0.5) * 4 : random() * WINDOW))
  }).toSorted((a, b) => a - b)

const hammering: Traffic = (random) => {
  const offset = random() * WINDOW
  return Array.from({ length: 8_000 }, (_, at) => offset + at)
}

const traffics = { steady, edges, hammering }

/** The moments of all units that were let pass. */
function passed(algorithm: LimitAlgorithm, traffic: Traffic, seed: number): number[] {
  const random = seededRandom(seed)
  const bucket = algorithm === 'token-bucket' || algorithm === 'gcra'
  const it = held({ algorithm, limit: LIMIT, windowMs: WINDOW, ...(bucket ? { burst: BURST } : {}) })
  const start = it.time
  return traffic(random).flatMap((at) => {
    it.time = start + at
    const greedy = random() < 0.5
    if (!greedy) return it.take().allowed ? [at] : []
    return Array.from({ length: it.drain() }, () => at)
  })
}

/** The most by which any stretch of time holds more than `bound` allows for its length in windows. */
function worst(moments: readonly number[], bound: (windows: number) => number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let from = 0; from < moments.length; from++)
    for (let to = from; to < moments.length; to++)
      most = Math.max(most, to - from + 1 - bound((moments[to]! - moments[from]!) / WINDOW))
  return most
}

const bounds: Readonly<Record<LimitAlgorithm, (windows: number) => number>> = {
  'fixed-window': (windows) => LIMIT * (Math.floor(windows) + 2),
  'sliding-window': (windows) => LIMIT * (1 + windows),
  'sliding-log': (windows) => LIMIT * (1 + Math.floor(windows)),
  'token-bucket': (windows) => BURST + LIMIT * windows,
  gcra: (windows) => BURST + LIMIT * windows,
}

describe.each(Object.keys(bounds) as LimitAlgorithm[])('%s', (algorithm) => {
  it.each(Object.entries(traffics))('H-141 never lets pass more than is documented: %s traffic', (_name, traffic) => {
    for (let seed = 1; seed <= 25; seed++)
      expect(worst(passed(algorithm, traffic, seed), bounds[algorithm])).toBeLessThanOrEqual(1e-6)
  })

  it('H-141 H-142 never lets pass more than is documented, for any costs, at any moments, whatever a clock of the day does', () => {
    const step = fc.record({
      // Many at once, some just beside an edge, some far off.
      wait: fc.oneof(fc.constant(0), fc.constantFrom(1, WINDOW - 1, WINDOW, WINDOW + 1), fc.nat(3 * WINDOW)),
      cost: fc.integer({ min: 1, max: 3 }),
      wall: fc.constantFrom(0, 0, 0, -3_600_000, 86_400_000),
      key: fc.constantFrom('a', 'a', 'a', 'b'),
      peeks: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const bucket = algorithm === 'token-bucket' || algorithm === 'gcra'
        const it = held({ algorithm, limit: LIMIT, windowMs: WINDOW, ...(bucket ? { burst: BURST } : {}) })
        const start = it.time
        const moments: number[] = []
        for (const { wait, cost, wall, key, peeks } of steps) {
          it.time += wait
          it.wall += wait + wall
          const foreseen = peeks ? it.peek(key, cost).allowed : null
          const { allowed, remaining } = it.take(key, cost)
          if (foreseen !== null) expect(foreseen).toBe(allowed)
          expect(remaining).toBeGreaterThanOrEqual(0)
          if (allowed && key === 'a') moments.push(...Array.from({ length: cost }, () => it.time - start))
        }
        if (moments.length > 0) expect(worst(moments, bounds[algorithm])).toBeLessThanOrEqual(1e-6)
      }),
      { numRuns: 300, seed: 141 },
    )
  })
})
