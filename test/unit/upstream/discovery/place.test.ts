import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostOf, orderly, urlOf } from '../../../../src/upstream/discovery/place.js'

describe('the place of an endpoint', () => {
  it('is a URL, with IPv6 in brackets', () => {
    expect(urlOf('http', '10.0.0.1', 80)).toBe('http://10.0.0.1:80')
    expect(urlOf('https', 'fd00::1', 443)).toBe('https://[fd00::1]:443')
    expect(urlOf('tcp', 'a.test', 5432)).toBe('tcp://a.test:5432')
  })

  it('has a Host with the port, unless it is the protocol’s', () => {
    expect(hostOf('http', 'a.test', 80)).toBe('a.test')
    expect(hostOf('https', 'a.test', 443)).toBe('a.test')
    expect(hostOf('https', 'a.test', 80)).toBe('a.test:80')
    expect(hostOf('tcp', 'a.test', 80)).toBe('a.test:80')
  })

  it('comes in one order, once, however it was found', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 })), fc.func(fc.integer()), (ports, key) => {
        const found = ports.map((port) => ({ url: urlOf('http', '10.0.0.1', port) }))
        const shuffled = found.toSorted((a, b) => key(a.url) - key(b.url))
        expect(orderly(shuffled)).toEqual(orderly(found))
        expect(orderly(found)).toHaveLength(new Set(ports).size)
      }),
    )
    expect(
      orderly([
        { url: 'http://a', weight: 1 },
        { url: 'http://a', weight: 2 },
      ]),
    ).toEqual([{ url: 'http://a', weight: 1 }])
  })
})
