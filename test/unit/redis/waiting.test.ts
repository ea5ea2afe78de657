import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Waiting } from '../../../src/redis/waiting.js'

const make = (maxCommands: number, maxBytes: number): Waiting => new Waiting({ timeoutMs: 100, maxCommands, maxBytes })
const late = vi.fn()

describe('Waiting', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
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

  it('gives each up when its own time is over, on one timer', () => {
    const waiting = make(100, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    vi.advanceTimersByTime(60)
    const second = waiting.enter(['SET', 'b'], late)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(41)
    expect(late.mock.calls).toEqual([['GET']])
    vi.advanceTimersByTime(60)
    expect(late.mock.calls).toEqual([['GET'], ['SET']])
    expect([waiting.leave(first), waiting.leave(second)]).toEqual([false, false])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('still counts one that was given up, which the client holds', () => {
    const waiting = make(1, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    vi.advanceTimersByTime(101)
    expect(late).toHaveBeenCalledOnce()
    expect(waiting.room(['GET', 'b'])).toBe(false)
    waiting.leave(first)
    expect(waiting.room(['GET', 'b'])).toBe(true)
  })

  it('does not call late what is read in the turn in which its time is over', () => {
    const waiting = make(100, 1_000)
    const first = waiting.enter(['GET', 'a'], late)
    setTimeout(() => {
      setImmediate(() => waiting.leave(first))
    }, 99)
    vi.advanceTimersByTime(300)
    expect(late).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
