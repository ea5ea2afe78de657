import { describe, expect, it } from 'vitest'
import { RetryBudget } from '../../../src/upstream/retry-budget.js'
import { fakeClock } from '../../support/index.js'

/** How many of `wanted` retries are granted. */
function granted(budget: RetryBudget, wanted: number): number {
  return Array.from({ length: wanted }, () => budget.withdraw()).filter(Boolean).length
}

describe('the retry budget', () => {
  it('H-102 grants a share of the requests in the long run, however many retries are asked for', () => {
    const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 0 }, () => 0)
    let retries = 0
    for (let request = 0; request < 1_000; request++) {
      budget.deposit()
      if (budget.withdraw()) retries++
    }
    expect(retries).toBeGreaterThanOrEqual(199)
    expect(retries).toBeLessThanOrEqual(200)
  })

  it('H-102 grants a few per second in any case, at first and later', async () => {
    const clock = fakeClock()
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 10 }, clock.now)
    expect(granted(budget, 50)).toBe(10)
    await clock.advance(500)
    expect(granted(budget, 50)).toBe(5)
  })

  it('H-102 grants the greater of the two, not their sum', async () => {
    const clock = fakeClock()
    const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 10 }, clock.now)
    let retries = 0
    for (let second = 0; second < 20; second++) {
      for (let request = 0; request < 500; request++) {
        budget.deposit()
        retries += granted(budget, 2)
        await clock.advance(2)
      }
    }
    expect(retries).toBeLessThanOrEqual(0.2 * 10_000 + 10)
    expect(retries).toBeGreaterThan(0.19 * 10_000)
  })

  it('H-102 lets what was saved up expire within seconds, but has enough for the death of a busy endpoint', async () => {
    const clock = fakeClock()
    const budget = new RetryBudget({ minPerSecond: 10 }, clock.now)
    for (let tick = 0; tick < 400; tick++) {
      for (let request = 0; request < 100; request++) budget.deposit()
      await clock.advance(100)
    }
    // A thousand requests per second, for a while.
    expect(budget.left).toBeGreaterThan(1_500)
    expect(budget.left).toBeLessThan(2_500)
    await clock.advance(60_000)
    expect(budget.left).toBe(10)
  })

  it('grants none where there is no budget', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 0 })
    budget.deposit()
    expect(budget.withdraw()).toBe(false)
  })

  it('takes no harm from a clock that goes back', () => {
    let now = 1_000
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 10 }, () => now)
    now = 0
    expect(granted(budget, 50)).toBe(10)
  })
})
