import { describe, expect, it } from 'vitest'
import type { Loop } from '../../../../src/filters/shed/loop.js'
import { LoopQueue } from '../../../../src/filters/shed/loop-queue.js'
import type { Rank } from '../../../../src/filters/shed/priority.js'
import { serve, type Work } from './model-loop.js'

const kinds: readonly Work['kind'][] = ['at once', 'later', 'before waiting']

describe('the queue in front of the event loop', () => {
  describe.each(kinds)('with work that is done %s', (kind) => {
    const unloaded = serve({ kind, load: 0.2 })

    it('at three times the load lets through nine tenths of what can be, no later than twice the unloaded p99', () => {
      const served = serve({ kind, load: 3, sliceMs: 2 })
      expect(served.goodput).toBeGreaterThanOrEqual(0.9)
      expect(served.p99).toBeLessThanOrEqual(2 * unloaded.p99)
      // Without, everybody waits for everybody.
      expect(serve({ kind, load: 3 }).p99).toBeGreaterThan(100 * unloaded.p99)
    })

    it('at half the load sheds nothing at all', () => {
      expect(serve({ kind, load: 0.5, sliceMs: 20 }).shed).toBe(0)
    })

    it('just below and above what can be, sheds little more than it must', () => {
      expect(serve({ kind, load: 0.9, sliceMs: 20 }).goodput).toBeGreaterThan(0.85)
      for (const load of [1.1, 1.5, 2]) expect(serve({ kind, load, sliceMs: 20 }).goodput).toBeGreaterThan(0.93)
    })

    it('just above what can be does not end and begin again', () => {
      expect(serve({ kind, load: 1.1, sliceMs: 5 }).max).toBeLessThan(30)
    })

    it('keeps the wait of whom it lets in near four slices, whatever the load', () => {
      for (const load of [1.2, 3, 6]) expect(serve({ kind, load, sliceMs: 20 }).p99).toBeLessThan(90)
    })

    it('lets the more urgent through where there is too much of the less urgent', () => {
      const [low, , high] = serve({ kind, load: 3, sliceMs: 10, rank: (random) => (random < 0.1 ? 2 : 0) }).shares
      expect(high).toBeGreaterThan(0.95)
      expect(low).toBeGreaterThan(0.15)
      const [none, normal] = serve({ kind, load: 3, sliceMs: 20, rank: (random) => (random < 0.3 ? 1 : 0) }).shares
      expect(normal).toBeGreaterThan(0.85)
      expect(none).toBeLessThan(0.1)
    })
  })

  it('is longer where work comes after its request has waited for others, but bounded, and nothing is lost', () => {
    for (const load of [1.2, 3]) {
      const served = serve({ kind: 'after waiting', load, sliceMs: 20 })
      expect(served.goodput).toBeGreaterThan(0.9)
      expect(served.p99).toBeLessThan(130)
    }
  })

  it('stays short in front of the connections, too, where each request makes one', () => {
    for (const load of [1.2, 3]) {
      const served = serve({ kind: 'at once', load, sliceMs: 20, connecting: true })
      expect(served.p99).toBeLessThan(60)
      expect(served.goodput).toBeGreaterThan(0.7)
      expect(serve({ kind: 'at once', load, connecting: true }).p99).toBeGreaterThan(2_000)
    }
  })

  /** A loop moved by hand. */
  function byHand(sliceMs: number) {
    const state = { now: 0, idle: 0, afterPoll: [] as (() => void)[] }
    const loop: Loop = {
      now: () => state.now,
      idle: () => state.idle,
      afterPoll: (run) => void state.afterPoll.push(run),
    }
    const queue = new LoopQueue(sliceMs, loop)
    /** A turn with requests so far apart; how many were let in. */
    const turn = (requests: number, apartMs: number, rank: Rank = 1): number => {
      let admitted = 0
      for (let at = 0; at < requests; at++) {
        if (queue.admits(rank, false)) admitted++
        state.now += apartMs
      }
      for (const run of state.afterPoll.splice(0)) run()
      return admitted
    }
    const rest = (ms: number): void => {
      state.now += ms
      state.idle += ms
    }
    return { state, queue, turn, rest }
  }

  it('lets a burst pass that is over within 100 ms', () => {
    const { turn, rest } = byHand(5)
    rest(200)
    expect(turn(20, 4)).toBe(20)
    rest(50)
    expect(turn(20, 4)).toBe(20)
  })

  it('sheds the rest of a turn that alone has lasted for 100 ms', () => {
    const { turn, rest } = byHand(5)
    rest(200)
    expect(turn(50, 10)).toBe(11)
  })

  it('takes in less urgent ones for a shorter time, and more urgent ones for longer', () => {
    for (const [rank, admitted] of [
      [0, 3],
      [1, 6],
      [2, 11],
    ] as const) {
      const { turn, rest } = byHand(10)
      rest(200)
      for (let at = 0; at < 110; at++) turn(1, 1)
      expect(turn(30, 2, rank)).toBe(admitted)
    }
  })

  it('is over when the load is, and not before', () => {
    const { queue, turn, rest } = byHand(5)
    for (let at = 0; at < 30; at++) turn(5, 1)
    expect(queue.standing).toBe(true)
    for (let at = 0; at < 30; at++) turn(20, 1)
    expect(queue.standing).toBe(true)
    for (let at = 0; at < 150; at++) {
      turn(1, 1)
      rest(9)
    }
    expect(queue.standing).toBe(false)
  })

  it('is over when nobody has asked for a second', () => {
    const { queue, turn, rest } = byHand(5)
    for (let at = 0; at < 60; at++) turn(20, 1)
    expect(queue.standing).toBe(true)
    rest(2_000)
    turn(1, 1)
    expect(queue.standing).toBe(false)
  })
})
