import { describe, expect, it } from 'vitest'
import { Waiting } from '../../../src/redis/waiting.js'

describe('Waiting', () => {
  it('has room for so many commands', () => {
    const waiting = new Waiting(2, 1_000)
    const done = waiting.enter(['GET', 'a'])
    waiting.enter(['GET', 'b'])
    expect(waiting.room(['GET', 'c'])).toBe(false)
    done()
    expect(waiting.room(['GET', 'c'])).toBe(true)
  })

  it('has room for so many bytes, of texts and buffers', () => {
    const waiting = new Waiting(100, 1_000)
    const done = waiting.enter(['SET', 'a', Buffer.alloc(600)])
    expect(waiting.room(['SET', 'a', Buffer.alloc(600)])).toBe(false)
    expect(waiting.room(['SET', 'a', 'x'.repeat(600)])).toBe(false)
    expect(waiting.room(['SET', 'a', Buffer.alloc(300)])).toBe(true)
    done()
    expect(waiting.room(['SET', 'a', Buffer.alloc(600)])).toBe(true)
  })
})
