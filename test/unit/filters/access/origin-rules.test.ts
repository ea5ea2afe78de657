import { type OriginRulesOptions, originRules } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, statusOf } from '../asked.js'

const status = (options: OriginRulesOptions, origin: string | undefined, more: Asked = {}): Promise<number> =>
  statusOf((events) => originRules({ ...options, events }), {
    ...more,
    headers: origin === undefined ? {} : { origin },
  })

const allow = [
  'https://app.example.com',
  'https://*.example.org',
  'https://port.example.com:8443',
  'capacitor://localhost',
]

describe('origin rules', () => {
  it.each<[string, number]>([
    ['https://app.example.com', 200],
    ['HTTPS://APP.example.com', 200],
    ['https://app.example.com:443', 200],
    ['http://app.example.com', 403],
    ['https://app.example.com:8443', 403],
    ['https://port.example.com:8443', 200],
    ['https://port.example.com', 403],
    ['https://example.com', 403],
    ['https://evil-app.example.com', 403],
    ['https://app.example.com.evil.test', 403],
    ['https://evil.test/https://app.example.com', 403],
    ['https://app.example.com@evil.test', 403],
    ['https://app.example.com/', 403],
    ['https://app.example.com https://evil.test', 403],
    ['https://app.example.com, https://evil.test', 403],
    ['https://a.example.org', 200],
    ['https://a.b.example.org', 200],
    ['https://example.org', 403],
    ['https://evil-example.org', 403],
    ['https://evilexample.org', 403],
    ['https://.example.org', 403],
    ['https://a.example.org.evil.test', 403],
    ['https://a.example.org:8443', 403],
    ['capacitor://localhost', 200],
    ['null', 403],
    ['', 403],
    ['app.example.com', 403],
    ['file://', 403],
  ])('H-078 H-198 %j is %i', async (origin, expected) => {
    expect(await status({ allow }, origin)).toBe(expected)
  })

  it.each<[string, Asked, number]>([
    ['http://a.test', {}, 200],
    ['http://a.test:80', {}, 200],
    ['https://a.test', {}, 200],
    ['http://a.test:8080', {}, 403],
    ['http://a.test:8080', { host: 'a.test:8080' }, 200],
    ['http://a.test', { host: 'A.test.:80' }, 200],
    ['http://a.test', { host: 'a.test:8080' }, 403],
    ['https://a.test', { protocol: 'https' }, 200],
    ['http://a.test', { protocol: 'https' }, 403],
    ['http://evil-a.test', {}, 403],
    ['http://b.a.test', {}, 403],
    ['ftp://a.test', {}, 403],
    ['null', {}, 403],
  ])('H-078 a page of %s asking for %o is %i by default', async (origin, asked, expected) => {
    expect(await status({}, origin, asked)).toBe(expected)
    expect(await status({ sameHost: false }, origin, asked)).toBe(403)
  })

  it('let what no page asked for pass, or not', async () => {
    expect([await status({}, undefined), await status({ missing: 'deny' }, undefined)]).toEqual([200, 403])
  })

  it('let the origin null pass where it is listed', async () => {
    expect([await status({ allow: ['null'] }, 'null'), await status({ allow: ['null'] }, 'nullx')]).toEqual([200, 403])
  })

  it.each(['app.example.com', 'https://', 'https://*', 'https://a.*.com', 'https://example.com/', '*', 'https://*.'])(
    'H-155 refuse %j',
    (entry) => expect(() => originRules({ allow: [entry] })).toThrow(/originRules.*allowed: origins/),
  )
})
