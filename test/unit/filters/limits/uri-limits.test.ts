import { type UriLimitsOptions, uriLimits } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

describe('uri limits', () => {
  it.each<[UriLimitsOptions, string, string, number]>([
    [{ maxLength: 10 }, '/123456789', '', 200],
    [{ maxLength: 10 }, '/1234567890', '', 414],
    [{ maxLength: 10 }, '/12345', '?789', 200],
    [{ maxLength: 10 }, '/12345', '?7890', 414],
    [{ maxQueryLength: 4 }, '/a-long-path', '?123', 200],
    [{ maxQueryLength: 4 }, '/', '?1234', 414],
    [{ maxQueryParameters: 2 }, '/', '', 200],
    [{ maxQueryParameters: 2 }, '/', '?a=1&b=2', 200],
    [{ maxQueryParameters: 2 }, '/', '?a=1&b=2&c=3', 414],
    [{ maxQueryParameters: 2 }, '/', '?a;b;c', 414],
    [{ maxQueryParameters: 1 }, '/', '?a&b', 414],
  ])('H-201 %j: %s%s is %i', async (options, path, query, status) => {
    expect(await statusOf((events) => uriLimits({ ...options, events }), { path, query })).toBe(status)
  })

  it.each([
    [1_000, 200],
    [1_001, 414],
    [100_000, 414],
  ])('H-201 of at most a thousand parameters, %i are %i', async (length, status) => {
    const query = `?${Array.from({ length }, (_, at) => at).join('=&')}`
    expect(await statusOf((events) => uriLimits({ maxQueryParameters: 1_000, events }), { path: '/', query })).toBe(
      status,
    )
  })

  it.each([{}, { maxLength: 0 }, { maxQueryParameters: 1.5 }, { maxlength: 1 }])('H-155 refuse %j', (options) =>
    expect(() => uriLimits(options as never)).toThrow(/uriLimits/),
  )
})
