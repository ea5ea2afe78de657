import { type HeaderLimitsOptions, headerLimits } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

const raw = ['Host', 'a.test', 'X-A', '1', 'X-B', '22']

describe('header limits', () => {
  it.each<[HeaderLimitsOptions, number]>([
    [{ maxFields: 3 }, 200],
    [{ maxFields: 2 }, 431],
    [{ maxBytes: 14 + 8 + 9 }, 200],
    [{ maxBytes: 14 + 8 + 8 }, 431],
    [{ maxFieldBytes: 14 }, 200],
    [{ maxFieldBytes: 13 }, 431],
    [{ maxFields: 3, maxBytes: 30 }, 431],
  ])('H-022 %o of three fields of 31 bytes, the largest of 14: %i', async (options, status) => {
    expect(await statusOf((events) => headerLimits({ ...options, events }), { rawHeaders: raw })).toBe(status)
  })

  it('count no pseudo-fields of HTTP/2', async () => {
    const rawHeaders = [':method', 'GET', ':path', '/', ...raw]
    expect(await statusOf((events) => headerLimits({ maxFields: 3, maxBytes: 31, events }), { rawHeaders })).toBe(200)
  })

  it.each([{}, { maxFields: 0 }, { maxFields: 201 }, { maxBytes: Number.NaN }, { maxFieldBytes: -1 }, { max: 1 }])(
    'H-155 refuse %j',
    (options) => expect(() => headerLimits(options as never)).toThrow(/headerLimits/),
  )
})
