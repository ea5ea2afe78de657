import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { destination } from '../../../../src/filters/redirects/destination.js'
import { type Asked, asked } from '../../asked.js'

const hosts = ['b.test', 'c.test:8443']
const judge = (wanted: unknown, odd: Asked = {}, keepQuery = false): string | null =>
  destination(hosts, keepQuery)(asked('/login?returnTo=x', odd), wanted)

describe('destination', () => {
  it.each([
    ['/x?y#z', '/x?y#z'],
    ['/x//y', '/x/y'],
    ['http://a.test/x', 'http://a.test/x'],
    ['https://A.test', 'https://a.test/'],
    ['https://b.test/x?y', 'https://b.test/x?y'],
    ['http://b.test:80/', 'http://b.test:80/'],
    ['HTTPS://c.test:8443/x', 'https://c.test:8443/x'],
  ])('%s is a place to be sent to', (wanted, location) => expect(judge(wanted)).toBe(location))

  it.each([
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '\t//evil.test',
    ' //evil.test',
    '///evil.test',
    'http:evil.test',
    'http:/evil.test',
    'https://evil.test',
    'https://a.test.evil.test',
    'https://a.test@evil.test',
    'https://evil.test\\@a.test',
    'https://a.test\\.evil.test',
    'https://a.test:8443/',
    'https://b.test:8443/',
    'https://c.test/',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.test',
    '',
    '/x\r\nSet-Cookie: y',
    '/../x',
    '/x#\r\ny',
    '/x y',
    '/é',
  ])('H-045 H-023 %j is none', (wanted) => expect(judge(wanted)).toBeNull())

  it('below the base, the path is; by its own port, the client', () => {
    expect(judge('/x', { base: '/api' })).toBe('/api/x')
    expect(judge('http://a.test:3000/x', { client: { port: 3000 } })).toBe('http://a.test:3000/x')
    expect(judge('http://a.test/x', { client: { host: null } })).toBeNull()
  })

  it('keeps the client’s query, if told so', () => expect(judge('/x?y', {}, true)).toBe('/x?y&returnTo=x'))

  it('H-045 whatever is wanted, a browser ends at the client’s host or a listed one', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '\t',
      '//',
      'evil.test',
      'a.test',
      'b.test',
      '@',
      ':',
      'http:',
      'https://',
      '%2f',
      '?',
      '#',
      '.',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => parts.join('')),
          fc.string(),
        ),
        (wanted) => {
          const location = judge(wanted)
          if (location === null) return
          expect(['a.test', 'b.test', 'b.test:80', 'c.test:8443']).toContain(
            URL.parse(location, 'http://a.test/login')?.host,
          )
        },
      ),
    )
  })

  it.each([() => undefined, () => 5, async () => Promise.reject(new Error('late'))])('H-096 %o is a failure', (make) =>
    expect(() => judge(make())).toThrow(expect.objectContaining({ code: 'ERR_EDGE_BAD_VALUE' })),
  )

  it('H-155 refuses what is no host', () =>
    expect(() => destination(['http://b.test'], false)).toThrow(/host names, as/))
})
