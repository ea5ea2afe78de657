import { type CsrfOptions, csrf } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked, judge } from '../asked.js'

type Said = { readonly origin?: string; readonly 'sec-fetch-site'?: string }

const status = async (
  said: Said,
  options: CsrfOptions = {},
  more: Asked & { upgrade?: boolean } = {},
): Promise<number> => {
  const { upgrade = false, ...rest } = more
  const exchange = Object.assign(asked({ method: 'POST', ...rest, headers: said as Record<string, string> }), {
    upgrade: upgrade ? {} : null,
  })
  return (await judge((events) => csrf({ ...options, events }), exchange)).status
}

const EVIL = 'https://evil.test'

describe('csrf', () => {
  it.each<[Said, number]>([
    [{}, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': '' }, 403],
    [{ 'sec-fetch-site': 'same-origin, cross-site' }, 403],
    [{ 'sec-fetch-site': 'Same-Origin' }, 403],
    // Sec-Fetch-Site first: no page can change it.
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://other.test' }, 200],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://a.test' }, 403],
    [{ origin: 'http://a.test' }, 200],
    [{ origin: 'https://a.test' }, 200],
    [{ origin: 'http://a.test:8080' }, 403],
    [{ origin: EVIL }, 403],
    [{ origin: 'http://evil-a.test' }, 403],
    [{ origin: 'http://b.a.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: '' }, 403],
  ])('a POST that says %o is %i', async (said, expected) => {
    expect(await status(said)).toBe(expected)
  })

  it.each(['GET', 'HEAD', 'OPTIONS'])('%s changes nothing, and passes', async (method) => {
    expect(await status({ origin: EVIL, 'sec-fetch-site': 'cross-site' }, {}, { method })).toBe(200)
  })

  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'get', 'PURGE'])('%s does not', async (method) => {
    expect(await status({ 'sec-fetch-site': 'cross-site' }, {}, { method })).toBe(403)
  })

  it.each<[Said, number]>([
    [{ origin: 'https://pay.example.com', 'sec-fetch-site': 'cross-site' }, 200],
    [{ origin: 'https://pay.example.com' }, 200],
    [{ origin: 'https://x.example.org' }, 200],
    [{ origin: 'https://evil-example.org' }, 403],
    [{ origin: 'https://pay.example.com.evil.test', 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
  ])('H-198 with allowed origins one that says %o is %i', async (said, expected) => {
    expect(await status(said, { origin: ['https://pay.example.com', 'https://*.example.org'] })).toBe(expected)
  })

  it('lets null and the same site pass where told so', async () => {
    expect(await status({ origin: 'null', 'sec-fetch-site': 'cross-site' }, { origin: ['null'] })).toBe(200)
    expect(await status({ 'sec-fetch-site': 'same-site' }, { sameSite: true })).toBe(200)
    expect(await status({ 'sec-fetch-site': 'cross-site' }, { sameSite: true })).toBe(403)
  })

  it.each<[Said, number]>([
    [{}, 200],
    [{ origin: 'http://a.test' }, 200],
    [{ origin: EVIL }, 403],
    [{ origin: 'null' }, 403],
    // A WebSocket's own scheme makes some browsers take its host for another.
    [{ origin: 'http://a.test', 'sec-fetch-site': 'cross-site' }, 200],
    [{ origin: EVIL, 'sec-fetch-site': 'same-origin' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
  ])('H-078 a WebSocket that says %o is %i', async (said, expected) => {
    expect(await status(said, {}, { method: 'GET', upgrade: true })).toBe(expected)
  })

  it('H-155 refuses what is no origin', () => {
    expect(() => csrf({ origin: ['example.com'] })).toThrow(/csrf.*allowed: origins/)
    expect(() => csrf({ origin: ['*'] })).toThrow(/csrf.*allowed: origins/)
    expect(() => csrf({ secFetchSite: 'none' } as never)).toThrow(/unknown option/)
  })
})
