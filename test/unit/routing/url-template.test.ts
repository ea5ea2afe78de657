import type { EdgeError } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTarget } from '../../../src/http/target.js'
import { compilePathTemplate } from '../../../src/routing/url-template.js'
import { asked } from '../asked.js'

const make = (text: string, params: Record<string, string> = {}, headers: Record<string, string> = {}): string =>
  compilePathTemplate('f', 'to', text)(asked('/x/y?q=a+b', { headers, base: '/api' }), params)

describe('compilePathTemplate', () => {
  it.each([
    ['/posts/{params.id}', '/posts/7'],
    ['{path}/z', '/x/y/z'],
    ['/v2{path}', '/v2/x/y'],
    ['/{path}', '/x/y'],
    ['{base}{path}', '/api/x/y'],
    ['/s?term={query.q}&by={params.id}', '/s?term=a%20b&by=7'],
    ['/s?', '/s'],
    ['/s?fixed=1', '/s?fixed=1'],
    ['/{headers.none}', '/'],
  ])('makes %s into %s', (text, href) => expect(make(text, { id: '7' })).toBe(href))

  it.each(['..', '.', '../admin', '..%2fadmin', 'a\\..\\b', '\0', 'a\r\nSet-Cookie: x', '%zz'])(
    'H-153 a value %j is sent as one segment, or refused with 400',
    (value) => {
      try {
        expect(make('/t/{headers.x}/z', {}, { x: value })).toMatch(/^\/t\/[A-Za-z0-9%.\-_~]+\/z$/)
      } catch (error) {
        expect([(error as EdgeError).code, (error as EdgeError).status]).toEqual(['ERR_EDGE_BAD_TARGET', 400])
      }
    },
  )

  it('H-153 whatever values a request brings, the path is canonical or refused', () => {
    const template = compilePathTemplate('f', 'to', '/t/{params.a}{headers.x}?v={params.a}&w={headers.x}')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, x) => {
        let href: string
        try {
          href = template(asked('/', { headers: { x } }), { a })
        } catch (error) {
          expect((error as EdgeError).code).toBe('ERR_EDGE_BAD_TARGET')
          return
        }
        expect(parseTarget(href, 'GET', null, { encodedSlashes: 'keep', pathParameters: 'keep' })).toMatchObject({
          href,
        })
        expect(
          href
            .split('?')[1]!
            .split('&')
            .map((pair) => pair.split('=')[0]),
        ).toEqual(['v', 'w'])
      }),
    )
  })

  it.each([
    ['x', /a path, which starts with/],
    ['', /a path, which starts with/],
    ['{params.x}/y', /a path, which starts with/],
    ['/a/../b', /without dot segments/],
    ['/a#b', /without dot segments/],
    ['/a b', /without dot segments/],
    ['/a?b c', /without dot segments/],
    ['/{nobody}', /"\{nobody\}"/],
  ])('H-155 refuses %j', (text, message) => expect(() => compilePathTemplate('f', 'to', text)).toThrow(message))
})
