import { describe, expect, it } from 'vitest'
import { realClock } from '../../../src/upstream/clock.js'

describe('the real clock', () => {
  it('runs what it is given, unless that is cleared, and keeps no process alive', async () => {
    const ran: string[] = []
    const timer = realClock.setTimeout(() => ran.push('cleared'), 1)
    realClock.clearTimeout(timer)
    const other = realClock.setTimeout(() => ran.push('run'), 1) as NodeJS.Timeout
    expect(other.hasRef()).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(ran).toEqual(['run'])
  })
})
