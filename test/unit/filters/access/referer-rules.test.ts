import { type RefererRulesOptions, refererRules } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

const status = (options: RefererRulesOptions, referer: string | undefined): Promise<number> =>
  statusOf((events) => refererRules({ ...options, events }), { headers: referer === undefined ? {} : { referer } })

describe('referer rules', () => {
  it.each<[string, number]>([
    ['https://example.org/page?a=b', 200],
    ['http://EXAMPLE.org:8080/', 200],
    ['https://www.example.com/x', 200],
    ['https://example.com/x', 403],
    ['http://a.test/page', 200],
    ['https://evil-example.org/', 403],
    ['https://example.org.evil.test/', 403],
    ['https://evil.test/example.org', 403],
    ['https://evil.test?example.org', 403],
    ['https://evil.test#example.org', 403],
    ['https://example.org@evil.test/', 403],
    ['https://example.org\\@evil.test/', 403],
    ['example.org', 403],
    ['about:blank', 403],
    ['', 403],
  ])('%j is %i', async (referer, expected) => {
    expect(await status({ allow: ['example.org', '*.example.com'] }, referer)).toBe(expected)
  })

  it('let requests without Referer pass, or not; and pages of the same host, or not', async () => {
    expect([await status({}, undefined), await status({ missing: 'deny' }, undefined)]).toEqual([200, 403])
    expect([await status({}, 'http://a.test/'), await status({ sameHost: false }, 'http://a.test/')]).toEqual([
      200, 403,
    ])
  })

  it.each(['https://example.org', 'example.org:80', '*', 'a b'])('H-155 refuse %j', (entry) =>
    expect(() => refererRules({ allow: [entry] })).toThrow(/refererRules.*allowed: host names/),
  )
})
