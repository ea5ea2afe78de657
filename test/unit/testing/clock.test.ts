import { expect, it } from 'vitest'
import { fakeClock, seededRandom } from '../../support/index.js'

it('runs timers in order of time, then of making', async () => {
  const clock = fakeClock(1_000)
  const events: string[] = []
  const note = (name: string) => () => events.push(`${name}@${clock.now()}`)
  clock.setTimeout(note('late'), 30)
  clock.setTimeout(note('a'), 10)
  clock.setTimeout(note('b'), 10)
  const cleared = clock.setTimeout(note('cleared'), 5).unref()
  clock.clearTimeout(cleared)
  clock.clearTimeout(undefined)
  await clock.advance(20)
  expect(events).toEqual(['a@1010', 'b@1010'])
  expect(clock.now()).toBe(1_020)
  expect(clock.pending).toBe(1)
})

it('settles promises between timers, and runs timers made meanwhile', async () => {
  const clock = fakeClock()
  const moments: number[] = []
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))
  const work = (async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await sleep(10)
      moments.push(clock.now())
    }
  })()
  await clock.advance(100)
  await work
  expect(moments).toEqual([10, 20, 30])
})

it('gives the same random numbers for the same seed', () => {
  const take = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed))
  expect(take(7)).toEqual(take(7))
  expect(take(7)).not.toEqual(take(8))
  expect(take(7).every((value) => value >= 0 && value < 1)).toBe(true)
  expect(take(7).reduce((sum, value) => sum + value) / 1_000).toBeCloseTo(0.5, 1)
})
