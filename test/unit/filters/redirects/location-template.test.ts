import type { EdgeError } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileLocation } from '../../../../src/filters/redirects/location-template.js'
import { type Asked, asked } from '../../asked.js'

const make = (text: string, odd: Asked = {}, keepQuery = true): string | null =>
  compileLocation(
    'f',
    'to',
    text,
    keepQuery,
  )(asked('/x/y?q=1', { base: '/api', params: { id: '7', rest: 'a/b' }, ...odd }))

describe('compileLocation', () => {
  it.each([
    ['/new', '/api/new?q=1'],
    ['/new/{params.rest}', '/api/new/a/b?q=1'],
    ['{path}/', '/api/x/y/?q=1'],
    ['/{path}', '/api/x/y?q=1'],
    ['/new?a={params.id}', '/api/new?a=7&q=1'],
    ['/new#top', '/api/new?q=1#top'],
    ['https://b.test', 'https://b.test/?q=1'],
    ['https://b.test?a=1', 'https://b.test/?a=1&q=1'],
    ['https://b.test{path}', 'https://b.test/x/y?q=1'],
    ['https://b.test{base}{path}', 'https://b.test/api/x/y?q=1'],
    ['https://b.test:8443/#a', 'https://b.test:8443/?q=1#a'],
    ['https://{host}{path}', 'https://a.test/x/y?q=1'],
    ['https://{host}:8443/z', 'https://a.test:8443/z?q=1'],
    ['https://www.{host}/', 'https://www.a.test/?q=1'],
    ['{protocol}://{authority}/z', 'http://a.test/z?q=1'],
  ])('makes %s into %s', (text, location) => expect(make(text)).toBe(location))

  it('leaves the client’s query behind, if told so', () => expect(make('/new', {}, false)).toBe('/api/new'))

  it('a client without a Host has none to be sent to', () =>
    expect(make('https://{host}/', { client: { host: null } })).toBeNull())

  it('H-045 H-023 whatever a client brings, a path stays a path of its own host, in one line', () => {
    const any = fc.string({ unit: 'binary' })
    const templates = ['/{params.id}', '/{headers.x}', '{path}{headers.x}', '/a/{params.id}?b={headers.x}']
    fc.assert(
      fc.property(fc.constantFrom(...templates), any, any, fc.constantFrom('/', '/api'), (text, id, x, base) => {
        let location: string | null
        try {
          location = make(text, { base, params: { id }, headers: { x } })
        } catch (error) {
          expect((error as EdgeError).code).toBe('ERR_EDGE_BAD_TARGET')
          return
        }
        expect(location).toMatch(/^\/(?![/\\])[!-~]*$/)
        expect(URL.parse(location!, 'https://client.test/at')?.host).toBe('client.test')
      }),
    )
  })

  it.each([
    ['//b.test', /a path below the base, or a URL/],
    ['/\\b.test', /a path below the base, or a URL/],
    ['b.test', /a path below the base, or a URL/],
    ['ftp://b.test', /a path below the base, or a URL/],
    ['javascript:alert(1)', /a path below the base, or a URL/],
    ['{headers.x}', /a path below the base, or a URL/],
    ['https://{params.tenant}.b.test/', /no value in the name of a host/],
    ['https://b.test{params.rest}/', /no value in the name of a host/],
    ['https://{path}', /a URL with a valid host/],
    ['https:///x', /a URL with a valid host/],
    ['https://u@b.test/', /a URL with a valid host/],
    ['https://b test/', /a URL with a valid host/],
    ['/new#{params.id}', /a fragment without placeholders/],
    ['/new\r\n', /without dot segments/],
    ['/{nobody}', /"\{nobody\}"/],
  ])('H-045 H-155 refuses %j', (text, message) => expect(() => compileLocation('f', 'to', text, true)).toThrow(message))
})
