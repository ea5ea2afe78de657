import { describe, expect, it } from 'vitest'
import { isSafe, outdatedUrls, outdates } from '../../../../../src/filters/cache/policy/invalidating.js'

describe('invalidating', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH', 'PURGE', 'get', 'WHATEVER'])(
    'H-185 takes %s for unsafe',
    (method) => expect(isSafe(method)).toBe(false),
  )

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('takes %s for safe', (method) => expect(isSafe(method)).toBe(true))

  it('H-185 goes by success', () => {
    expect([200, 201, 204, 303, 399].every(outdates)).toBe(true)
    expect([101, 400, 404, 500, 503].some(outdates)).toBe(false)
  })

  it.each([
    [{ location: '/x' }, ['http://a.test/x']],
    [{ location: 'x?y#z', 'content-location': 'http://a.test/c' }, ['http://a.test/b/x?y#z', 'http://a.test/c']],
    [{ location: 'http://evil.test/x' }, []],
    [{ location: 'https://a.test/x' }, []],
    [{ location: 'http://a.test:81/x' }, []],
    [{ location: '//evil.test/x' }, []],
    [{ location: 'http://[' }, []],
    [{}, []],
  ])('H-185 outdates what %j names on the same host only', (answer, urls) =>
    expect(outdatedUrls('http://a.test/b/c', answer).map(String)).toEqual(urls),
  )
})
