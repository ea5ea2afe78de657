import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapPath, originOf, type Reverse, reverseReference } from '../../../src/http/reverse-reference.js'

/** Behind TLS, below a base, an upstream with a prefix, and a rewrite to undo. */
const there: Reverse = {
  names: [
    { origin: 'http://10.0.0.1:3000', prefix: '/v2' },
    { origin: 'https://app.internal:443', prefix: '' },
  ],
  protocol: 'https',
  authority: 'Example.com:8443',
  origin: 'https://Example.com:8443',
  base: '/api',
  paths: [['/people', '/users']],
}
const plain: Reverse = { ...there, names: [{ origin: 'http://up:80', prefix: '' }], base: '/', paths: [] }

describe('reverseReference', () => {
  it.each([
    // the upstream's own
    ['http://10.0.0.1:3000/v2/people/7?a=1#b', 'https://Example.com:8443/api/users/7?a=1#b'],
    ['HTTP://10.0.0.1:3000/v2', 'https://Example.com:8443/api/'],
    ['http://10.0.0.1:3000/v2?x', 'https://Example.com:8443/api/?x'],
    ['//10.0.0.1:3000/v2/a', 'https://Example.com:8443/api/a'],
    ['https://APP.internal/people', 'https://Example.com:8443/api/users'],
    ['https://app.internal', 'https://Example.com:8443/api/'],
    ['https://app.internal#x', 'https://Example.com:8443/api/#x'],
    ['/v2/people/7', '/api/users/7'],
    ['/v2/peoples', '/api/peoples'],
    ['/other', '/api/other'],
    // the client's own, by an upstream that knows of no TLS, or of no base
    ['http://example.com:8443/x', 'https://Example.com:8443/api/x'],
    ['https://example.com:8443/x', 'https://Example.com:8443/api/x'],
    ['https://example.com:8443/api/x', 'https://Example.com:8443/api/x'],
    ['/api/users/7', '/api/users/7'],
    ['/api', '/api'],
  ])('turns %s into %s', (reference, wanted) => expect(reverseReference(reference, there)).toBe(wanted))

  it.each([
    '//evil/x',
    'http://evil/x',
    'http://10.0.0.1:3001/v2/x',
    'https://10.0.0.1:3000/v2/x',
    'http://10.0.0.1:3000/other',
    'http://10.0.0.1:3000.evil/v2/x',
    'http://10.0.0.1:3000@evil/v2/x',
    'http://evil@10.0.0.1:3000/v2/x',
    'http://10.0.0.1:3000\\@evil/v2',
    '/\\evil',
    '/\t/evil',
    '/\\10.0.0.1:3000/v2/x',
    '../x',
    'x?y',
    '?y',
    '#z',
    '',
    'mailto:a@b.test',
    'javascript:alert(1)',
    'http:/v2/x',
    'http:///v2/x',
    'https://example.com/x',
    'http://example.com/x',
    'x y',
  ])('H-045 %j passes byte for byte', (reference) => expect(reverseReference(reference, there)).toBe(reference))

  it.each([
    ['/v2//evil.com', '/api/evil.com'],
    ['/v2/\\evil.com', '/api/evil.com'],
  ])('H-045 %j becomes no host’s name below a base', (reference, wanted) =>
    expect(reverseReference(reference, there)).toBe(wanted),
  )

  it.each(['/v2//evil.com', '/v2/\\evil.com', '/v2/\t/evil.com', '/v2/ /evil.com', '/v2/\\\\//evil.com'])(
    'H-045 %j becomes no host’s name where nothing else stands in front',
    (reference) => {
      const root = { ...plain, names: [{ origin: 'http://up:80', prefix: '/v2' }] }
      expect(reverseReference(reference, root)).toBe('/evil.com')
    },
  )

  it.each([
    ['http', 'https://a.test/x', 'https://a.test/x'],
    ['http', 'http://a.test/x', 'http://a.test/x'],
    ['https', 'http://a.test/x', 'https://a.test/x'],
    ['https', 'http://a.test:80/x', 'https://a.test/x'],
    ['https', 'http://a.test:81/x', 'http://a.test:81/x'],
    ['https', 'https://a.test:443/x', 'https://a.test/x'],
  ] as const)('of a client by %s, %s becomes %s: who redirects to TLS means it', (protocol, reference, wanted) => {
    const own = { ...plain, protocol, authority: 'a.test', origin: `${protocol}://a.test` }
    expect(reverseReference(reference, own)).toBe(wanted)
  })

  it('a client without a Host is told a path', () => {
    const nameless = { ...plain, authority: null, origin: '' }
    expect(reverseReference('http://up/x?y', nameless)).toBe('/x?y')
    expect(reverseReference('http://a.test/x', nameless)).toBe('http://a.test/x')
  })

  it('the prefix of the longest name that fits is taken off', () => {
    const names = ['/', '/v2', '/v2/x'].map((prefix) => ({ origin: 'http://up:80', prefix: prefix.replace(/\/$/, '') }))
    expect(reverseReference('/v2/x/y', { ...plain, names })).toBe('/y')
    expect(reverseReference('/v2/y', { ...plain, names })).toBe('/y')
    expect(reverseReference('/y', { ...plain, names })).toBe('/y')
  })

  it('a prefix below the base is taken off all the same', () => {
    const names = [{ origin: 'http://up:80', prefix: '/api/v1' }]
    expect(reverseReference('/api/v1/x', { ...plain, base: '/api', names })).toBe('/api/x')
  })

  const segment = fc.constantFrom('a', 'b', 'v2', 'x.y', '%20', '..', '')
  const path = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
  const origins = fc.constantFrom(
    '',
    'http://up',
    'http://up:80',
    'https://a.test',
    'http://a.test',
    'http://evil',
    '//up',
  )
  const reference = fc.oneof(
    fc.tuple(origins, path, fc.constantFrom('', '?q', '#f')).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  )
  const reverse = fc.record({ base: fc.constantFrom('/', '/api', '/api/v1'), prefix: fc.constantFrom('', '/v2') })

  it('rewriting what was rewritten changes nothing more', () => {
    fc.assert(
      fc.property(reference, reverse, ([...given], { base, prefix }) => {
        const text = given.join('')
        const a: Reverse = {
          ...plain,
          names: [{ origin: 'http://up:80', prefix }],
          base,
          paths: [['/b', '/c']],
          authority: 'a.test',
          origin: 'https://a.test',
        }
        // A path that repeats the prefix loses it each time: /v2/v2 is not what anybody serves.
        fc.pre(!text.includes('v2/v2') && !/\bb\/b|v2\/b\/v2/.test(text))
        const once = reverseReference(text, a)
        fc.pre(base !== '/' || !/^(?:https:\/\/a\.test)?\/v2(?:\/|$|\?|#)/.test(once))
        expect(reverseReference(once, a)).toBe(once)
      }),
    )
  })

  it('H-045 a path never becomes a URL of another host', () => {
    fc.assert(
      fc.property(path, fc.string(), reverse, (front, rest, { base, prefix }) => {
        const text = `${prefix}${front}${rest}`
        const made = reverseReference(text, { ...plain, base, names: [{ origin: 'http://up:80', prefix }] })
        if (made !== text) expect(URL.parse(made, 'https://client.test/at')?.host).toBe('client.test')
      }),
    )
  })

  it('H-201 takes linear time on what is long', () => {
    const before = process.cpuUsage()
    for (const unit of ['/', '//', ' ', '\\', '?', 'http://']) reverseReference(`/v2/${unit.repeat(16_384)}`, there)
    expect(process.cpuUsage(before).user).toBeLessThan(300_000)
  })
})

describe('mapPath', () => {
  it.each([
    ['/a/x', [['/a', '/b']], '/b/x'],
    ['/a', [['/a', '/b']], '/b'],
    ['/ax', [['/a', '/b']], '/ax'],
    ['/a/x', [['/a', '']], '/x'],
    ['/x', [['', '/app']], '/app/x'],
    ['/app/x', [['', '/app']], '/app/x'],
    ['', [['', '/app']], '/app'],
    [
      '/a/b/x',
      [
        ['/a', '/a/b'],
        ['', '/z'],
      ],
      '/a/b/x',
    ],
    ['/c', [['/a', '/b']], '/c'],
  ] as const)('%s by %j is %s', (path, pairs, wanted) => expect(mapPath(path, pairs)).toBe(wanted))
})

describe('originOf', () => {
  it.each([
    ['http', 'A.test', 'http://a.test:80'],
    ['https', 'a.test', 'https://a.test:443'],
    ['http', '[::1]:8080', 'http://[::1]:8080'],
    ['http', 'u@a.test', null],
    ['http', '', null],
  ])('of %s and %s is %s', (scheme, authority, origin) => expect(originOf(scheme, authority)).toBe(origin))
})
