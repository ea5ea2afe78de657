import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Waiting } from '../../../src/redis/waiting.js'

const make = (maxCommands: number, maxBytes: number): Waiting => new Waiting({ timeoutMs: 100, maxCommands, maxBytes })
const late = vi.fn()

/** Lets time pass, and what has come by then be read. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms)
  await setImmediate()
}

describe('Waiting', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    late.mockClear()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('has room for so many commands', () => {
    const waiting = make(2, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    waiting.enter(['GET', 'b'], late)
    expect(waiting.room(['GET', 'c'])).toBe(false)
    waiting.leave(first)
    expect(waiting.room(['GET', 'c'])).toBe(true)
  })

  it('has room for so many bytes, of texts and buffers', () => {
    const waiting = make(100, 1_000)
    const first = waiting.enter(['SET', 'a', Buffer.alloc(600)], late)
    expect(waiting.room(['SET', 'a', Buffer.alloc(600)])).toBe(false)
    expect(waiting.room(['SET', 'a', 'x'.repeat(600)])).toBe(false)
    expect(waiting.room(['SET', 'a', Buffer.alloc(300)])).toBe(true)
    waiting.leave(first)
    expect(waiting.room(['SET', 'a', Buffer.alloc(600)])).toBe(true)
  })

  it('gives each up when its own time is over, on one timer', async () => {
    const waiting = make(100, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    await pass(60)
    const second = waiting.enter(['SET', 'b'], late)
    expect(vi.getTimerCount()).toBe(1)
    await pass(39)
    expect(late).not.toHaveBeenCalled()
    await pass(1)
    expect(late.mock.calls).toEqual([['GET']])
    await pass(59)
    expect(late).toHaveBeenCalledOnce()
    await pass(1)
    expect(late.mock.calls).toEqual([['GET'], ['SET']])
    expect([waiting.leave(first), waiting.leave(second)]).toEqual([false, false])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('asks for no time that is over when the event loop is late for the next', async () => {
    const waiting = make(100, 1_000)
    waiting.enter(['GET', 'a'], late)
    await pass(50)
    waiting.enter(['GET', 'b'], late)
    const asked = vi.spyOn(globalThis, 'setTimeout')
    vi.advanceTimersByTime(50)
    const now = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60)
    await setImmediate()
    vi.mocked(performance.now).mockRestore()
    expect(asked.mock.calls.map(([, ms]) => ms)).toEqual([1])
    asked.mockRestore()
  })

  it('still counts one that was given up, which the client holds', async () => {
    const waiting = make(1, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    await pass(100)
    expect(late).toHaveBeenCalledOnce()
    expect(waiting.room(['GET', 'b'])).toBe(false)
    waiting.leave(first)
    expect(waiting.room(['GET', 'b'])).toBe(true)
  })

  it('does not call late what is read in the turn in which its time is over', async () => {
    const waiting = make(100, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    vi.advanceTimersByTime(100)
    expect(waiting.leave(first)).toBe(true)
    await setImmediate()
    expect(late).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('closed, has a timer only while somebody waits', async () => {
    const idle = make(100, 1_000)
    idle.leave(idle.enter(['GET', 'a'], late))
    idle.close()
    expect(vi.getTimerCount()).toBe(0)
    const busy = make(100, 1_000)
    busy.enter(['GET', 'a'], late)
    busy.close()
    await pass(100)
    expect(late).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })
})
