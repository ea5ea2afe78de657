import { describe, expect, it } from 'vitest'
import { Bell, sleep, stoppable, unlessStopped } from '../../../../src/upstream/discovery/stoppable.js'
import { fakeClock } from '../../../support/index.js'

function clockOfTest() {
  const clock = fakeClock()
  return {
    clock,
    injected: { setTimeout: clock.setTimeout, clearTimeout: (timer: unknown) => clock.clearTimeout(timer as never) },
  }
}

describe('a source that can be stopped', () => {
  it('ends a wait that is under way, with what it has to tidy up', async () => {
    const { clock, injected } = clockOfTest()
    let tidied = false
    const lists = stoppable(async function* (signal) {
      try {
        yield []
        await sleep(60_000, signal, injected)
      } finally {
        tidied = true
      }
    })[Symbol.asyncIterator]()
    expect(await lists.next()).toEqual({ done: false, value: [] })
    const next = lists.next()
    await clock.advance(0)
    expect(clock.pending).toBe(1)
    expect(await lists.return!()).toEqual({ done: true, value: undefined })
    expect(await next).toEqual({ done: true, value: undefined })
    expect([clock.pending, tidied]).toEqual([0, true])
  })

  it('tells its own trouble while it runs, and serves `for await`', async () => {
    const lists = stoppable(async function* () {
      yield ['http://a']
      throw new Error('down')
    })
    const seen: unknown[] = []
    await expect(
      (async () => {
        for await (const list of lists) seen.push(list)
      })(),
    ).rejects.toThrow('down')
    expect(seen).toEqual([['http://a']])
    for await (const list of lists) {
      seen.push(list)
      break
    }
    expect(seen).toHaveLength(2)
  })

  it('gives work up when stopped, whatever becomes of it', async () => {
    const stop = new AbortController()
    const work = Promise.withResolvers<never>()
    const given = unlessStopped(work.promise, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(given).rejects.toThrow('stopped')
    await expect(unlessStopped(work.promise, stop.signal)).rejects.toThrow('stopped')
    // Nobody listens any more: strict flags would end the process.
    work.reject(new Error('late'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('a bell', () => {
  it('is heard once for all that rang before, also before anybody listened', async () => {
    const { signal } = new AbortController()
    const bell = new Bell()
    bell.ring()
    bell.ring()
    await bell.heard(signal)
    let heard = false
    const next = bell.heard(signal).then(() => {
      heard = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard).toBe(false)
    bell.ring()
    await next
  })
})
