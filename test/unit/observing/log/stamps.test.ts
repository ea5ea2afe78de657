import { describe, expect, it } from 'vitest'
import { commonTime, isoTime } from '../../../../src/observing/log/stamps.js'

describe('isoTime', () => {
  it.each([0, 5, 50, 999, 1_000, 1_796_037_263_043.7, 951_782_400_000, 1_796_037_263_043])('writes %d', (ms) => {
    expect(isoTime(ms)).toBe(new Date(ms).toISOString())
  })
})

describe('commonTime', () => {
  it('writes local time with its distance from UTC', () => {
    const at = new Date(2026, 1, 3, 4, 5, 6)
    const text = commonTime(at.getTime())
    const [, local, sign, hours, minutes] = /^(03\/Feb\/2026:04:05:06) ([+-])(\d\d)(\d\d)$/.exec(text) ?? []
    expect(local).toBe('03/Feb/2026:04:05:06')
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    expect(offset + at.getTimezoneOffset()).toBe(0)
  })
})
