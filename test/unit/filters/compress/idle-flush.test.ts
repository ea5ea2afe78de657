import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeEncoders } from '../../../../src/filters/compress/encoders.js'
import { flushWhenIdle } from '../../../../src/filters/compress/idle-flush.js'

const encoder = makeEncoders({ level: 5, brotliQuality: 4, zstdLevel: 3 }).gzip

describe('flushWhenIdle', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('flushes once after the last write, and not again without another', () => {
    const stream = encoder.stream(false)
    const flushed = vi.spyOn(stream, 'flush')
    const wrote = flushWhenIdle(stream, encoder.flushKind, 25)
    wrote()
    vi.advanceTimersByTime(20)
    wrote()
    vi.advanceTimersByTime(24)
    expect(flushed).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(1)
    expect(flushed).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    expect(flushed).toHaveBeenCalledTimes(1)
    stream.destroy()
  })

  it.each(['end', 'destroy'] as const)('does not touch an encoder after its %s', (how) => {
    const stream = encoder.stream(false)
    const flushed = vi.spyOn(stream, 'flush')
    flushWhenIdle(stream, encoder.flushKind, 25)()
    stream[how]()
    vi.advanceTimersByTime(100)
    expect(flushed).not.toHaveBeenCalled()
  })

  it('lets go of its timer with the encoder', async () => {
    const stream = encoder.stream(false)
    flushWhenIdle(stream, encoder.flushKind, 25)()
    expect(vi.getTimerCount()).toBe(1)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy()
    await closed
    expect(vi.getTimerCount()).toBe(0)
  })
})
