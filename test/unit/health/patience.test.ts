import { describe, expect, it } from 'vitest'
import { Patience } from '../../../src/health/patience.js'

/** A clock whose timers fire `lateMs` after they are due, as where the event loop stands still. */
function lateClock() {
  let now = 0
  let armed: { run: () => void; at: number } | null = null
  return {
    now: () => now,
    setTimeout(run: () => void, ms: number) {
      armed = { run, at: now + ms }
    },
    clearTimeout() {
      armed = null
    },
    get waits() {
      return armed !== null
    },
    /** Lets the next timer fire, so late. */
    fire(lateMs = 0) {
      const { run, at } = armed!
      armed = null
      now = at + lateMs
      run()
    },
  }
}

function setUp() {
  const clock = lateClock()
  const over: number[] = []
  const patience = new Patience(400, clock, clock.now, () => over.push(clock.now()))
  return { clock, over, patience }
}

describe('patience with an answer', () => {
  it('is over when its time is, where the event loop runs', () => {
    const { clock, over } = setUp()
    while (clock.waits) clock.fire(1)
    expect(over).toEqual([404])
  })

  it('does not count what the event loop stood still, once or several times', () => {
    const { clock, over } = setUp()
    clock.fire(5_000)
    clock.fire()
    clock.fire(2_000)
    expect(over).toEqual([])
    while (clock.waits) clock.fire()
    expect(over).toEqual([7_600])
  })

  it('comes to an end though it always stands still', () => {
    const { clock, over } = setUp()
    while (clock.waits) clock.fire(500)
    expect(over).toHaveLength(1)
  })

  it('is over never when it is stopped', () => {
    const { clock, over, patience } = setUp()
    clock.fire()
    patience.stop()
    expect([clock.waits, over]).toEqual([false, []])
  })
})
