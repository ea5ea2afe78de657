import { describe, expect, it } from 'vitest'
import { RateWatch } from '../../../../src/filters/limits/rate-watch.js'
import { fakeClock } from '../../../support/index.js'

/** 100 bytes a second, and a second of grace. */
function watch() {
  const clock = fakeClock()
  let slow = 0
  const timers = {
    setTimeout: clock.setTimeout,
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer as never),
  }
  const watched = new RateWatch(100, 1_000, { now: clock.now, timers }, () => slow++)
  return { clock, watched, slow: () => slow }
}

describe('a watched rate', () => {
  it('gives its grace to whoever sends nothing', async () => {
    const { clock, watched, slow } = watch()
    watched.wait()
    await clock.advance(999)
    expect(slow()).toBe(0)
    await clock.advance(1)
    expect([slow(), clock.pending]).toEqual([1, 0])
    await clock.advance(10_000)
    expect(slow()).toBe(1)
  })

  it('tells once, whoever is waited for again by what that ends', async () => {
    const { clock, watched, slow } = watch()
    watched.wait()
    await clock.advance(1_000)
    watched.wait(5)
    await clock.advance(10_000)
    expect([slow(), clock.pending]).toEqual([1, 0])
  })

  it('never ends whoever keeps the rate, and ends whoever is a little slower', async () => {
    const steady = watch()
    steady.watched.wait()
    for (let at = 0; at < 100; at++) {
      await steady.clock.advance(100)
      steady.watched.moved(10)
    }
    expect(steady.slow()).toBe(0)
    const slower = watch()
    slower.watched.wait()
    for (let at = 0; at < 100 && slower.slow() === 0; at++) {
      await slower.clock.advance(100)
      slower.watched.moved(9)
    }
    expect([slower.slow(), slower.clock.now()]).toEqual([1, 9_100])
  })

  it('saves no more than its grace from a fast start', async () => {
    const { clock, watched, slow } = watch()
    watched.wait()
    watched.moved(1_000_000)
    await clock.advance(1_000)
    expect(slow()).toBe(1)
  })

  it('does not count the time in which the peer is not waited for', async () => {
    const { clock, watched, slow } = watch()
    watched.wait()
    await clock.advance(600)
    watched.rest()
    await clock.advance(60_000)
    expect(slow()).toBe(0)
    watched.wait()
    await clock.advance(399)
    expect(slow()).toBe(0)
    await clock.advance(1)
    expect(slow()).toBe(1)
  })

  it('gives time in advance for what is owed', async () => {
    const { clock, watched, slow } = watch()
    watched.wait(500)
    await clock.advance(5_999)
    expect(slow()).toBe(0)
    await clock.advance(1)
    expect(slow()).toBe(1)
  })

  it('is over for good once closed', async () => {
    const { clock, watched, slow } = watch()
    watched.wait()
    watched.close()
    watched.wait()
    await clock.advance(60_000)
    expect([slow(), clock.pending]).toEqual([0, 0])
  })
})
