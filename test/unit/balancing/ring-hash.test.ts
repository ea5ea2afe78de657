import { ringHash } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('ringHash', () => {
  it.each([
    [{}, /ringHash: option "key" is undefined; allowed: 'client', /],
    [{ key: 'client', points: 0 }, /"points" is 0; allowed: a whole number from 1 to 65536/],
    [{ key: 'client', compatibleWith: 'haproxy' }, /"compatibleWith" is "haproxy"; allowed: 'nginx'/],
    [
      { key: 'client', compatibleWith: 'nginx', points: 160 },
      /"points" is 160; allowed: nothing beside compatibleWith/,
    ],
    [{ key: 'client', balanceFactor: 100 }, /"balanceFactor" is 100; allowed: 0 \(off\) or whole percent from 101/],
    [{ key: 'client', fallBackKey: 'path' }, /unknown option "fallBackKey". Did you mean "fallbackKey"/],
  ])('refuses %j', (options, message) => {
    expect(() => ringHash(options as never)).toThrow(message)
  })

  it('says its name', () => {
    expect(ringHash({ key: 'client', balanceFactor: 0 }).name).toBe('ringHash')
  })
})
