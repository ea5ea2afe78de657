import { createPool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { attemptAttributes, QUERY, requestAttributes } from '../../../../../src/observing/tracing/otel/attributes.js'
import { asked } from '../../../asked.js'

describe('attributes of spans', () => {
  it.each([
    ['redact', '', ''],
    ['redact', '?a=1&b=2=3&c&&=d', '?a=REDACTED&b=REDACTED&REDACTED&&=REDACTED'],
    ['redact', '?\u009b=1', '?\\x9B=REDACTED'],
    ['keep', '?a=1&b', '?a=1&b'],
    ['omit', '?a=1&b', ''],
  ] as const)('urlQuery %s: %j is told as %j', (how, query, told) => expect(QUERY[how](query)).toBe(told))

  it('a long text of a client’s is cut', () => {
    const exchange = asked(`/?${'a'.repeat(5_000)}`, { headers: { 'user-agent': 'b'.repeat(5_000) } })
    const attributes = requestAttributes(exchange, null, QUERY.keep)
    expect(String(attributes['user_agent.original'])).toHaveLength(1_027)
    expect(String(attributes['url.query'])).toHaveLength(1_026)
  })

  it('an endpoint is told as it is reached: by address, by name and prefix, by socket', async () => {
    const endpoints = ['http://[::1]:8080', 'https://far.test/v1', 'unix:/run/app.sock']
    await using pool = createPool({ name: 'p', endpoints })
    const told = pool.endpoints.map((endpoint) => attemptAttributes(asked('/x?a=1'), 'p', endpoint, QUERY.omit))
    expect(told.map((each) => [each['url.full'], each['server.address'], each['server.port']])).toEqual([
      ['http://[::1]:8080/x', '::1', 8080],
      ['https://far.test/v1/x', 'far.test', 443],
      ['http://localhost/x', '/run/app.sock', undefined],
    ])
  })
})
