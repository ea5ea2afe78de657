import { type RewritePathOptions, rewritePath } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const sent = async (options: RewritePathOptions, target: string, odd: Asked = {}): Promise<string> =>
  (await ran(rewritePath(options), asked(target, odd))).passed!.wire.href

describe('rewritePath', () => {
  it.each<[RewritePathOptions, string, string]>([
    [{ strip: '/api' }, '/api/x?a', '/x?a'],
    [{ add: '/v2' }, '/x', '/v2/x'],
    [{ strip: '/a', add: '/b' }, '/a/x', '/b/x'],
    [{ strip: '/a', add: '/b' }, '/c/x', '/c/x'],
    [{ to: '/t/{params.id}{path}' }, '/x?a', '/t/7/x?a'],
    [
      { pattern: '/users/:user/posts/:id', to: '/posts/{params.id}?author={params.user}' },
      '/users/a%20b/posts/1?x',
      '/posts/1?author=a%20b&x',
    ],
    [{ pattern: '/old/**', to: '/new/{params.0}' }, '/old/a/b', '/new/a/b'],
    [{ pattern: '/old/**', to: '/new/{params.0}' }, '/old', '/new/'],
    [{ pattern: '/old/**', to: '/new/{params.0}' }, '/other', '/other'],
    [{ pattern: '/exact', to: '/new' }, '/exact', '/new'],
    [{ pattern: '/exact', to: '/new' }, '/exact/not', '/exact/not'],
    [{ pattern: '/Exact', to: '/new', caseSensitive: false }, '/eXACT', '/new'],
    [{ pattern: '/Old/**', to: '/new/{params.0}', caseSensitive: false }, '/oLD/X', '/new/X'],
    [{ pattern: /^\/(\d+)(?:\/(?<rest>.*))?$/, to: '/n/{params.1}/{params.rest}' }, '/12/x/y', '/n/12/x/y'],
    [{ pattern: /^\/(\d+)(?:\/(?<rest>.*))?$/, to: '/n/{params.1}/{params.rest}' }, '/12', '/n/12/'],
    [{ pattern: /x/gi, to: '/found' }, '/aXb', '/found'],
    [{ pathRewrite: { '^/old': '/new' } }, '/old/x?a', '/new/x?a'],
    [{ pathRewrite: (path) => path.toUpperCase() }, '/x?a', '/X?a'],
  ])('%o: %s is sent as %s', async (options, target, href) =>
    expect(await sent(options, target, { params: { id: '7' } })).toBe(href),
  )

  it('leaves what the client asked as it was', async () => {
    const { passed } = await ran(rewritePath({ add: '/v2' }), asked('/x'))
    expect([passed!.target.href, passed!.wire.href]).toEqual(['/x', '/v2/x'])
  })

  it('passes on the very exchange where nothing is to do', async () => {
    const exchange = asked('/x')
    expect((await ran(rewritePath({ strip: '/api' }), exchange)).passed).toBe(exchange)
  })

  it('works on what one before it has rewritten', async () => {
    const { passed } = await ran(rewritePath({ strip: '/a' }), asked('/a/b'))
    expect((await ran(rewritePath({ strip: '/b', add: '/c' }), passed!)).passed!.wire.href).toBe('/c')
  })

  it('rewrites an upgrade alike', async () =>
    expect(await sent({ strip: '/ws' }, '/ws/room', { upgrade: true })).toBe('/room'))

  it('H-153 an expression with g or y keeps no place', async () => {
    for (const flags of ['g', 'y', 'gy']) {
      const filter = rewritePath({ pattern: new RegExp('/old', flags), to: '/new' })
      for (let time = 0; time < 4; time++) expect((await ran(filter, asked('/old'))).passed!.wire.href).toBe('/new')
    }
  })

  it.each<[RewritePathOptions, Asked, string, string]>([
    [{ to: '/t/{headers.x-t}/y' }, { headers: { 'x-t': '..' } }, '/', 'ERR_EDGE_BAD_TARGET'],
    [{ pattern: '/f/*.png', to: '/i/{params.0}/x' }, {}, '/f/..png', 'ERR_EDGE_BAD_TARGET'],
    [{ pathRewrite: () => '/../x' }, {}, '/', 'ERR_EDGE_BAD_VALUE'],
    [{ pathRewrite: () => '/a\r\nb' }, {}, '/', 'ERR_EDGE_BAD_VALUE'],
  ])('H-153 %o with %o is refused', async (options, odd, target, code) =>
    expect(sent(options, target, odd)).rejects.toMatchObject({ code }),
  )

  it('H-153 a template with braces of one’s own, $& and $1 means what it says', async () =>
    expect(await sent({ pattern: '/x', to: '/$&/$1/{{y}}' }, '/x')).toBe('/$&/$1/%7By%7D'))

  it('explains what it would send', () => {
    const filter = rewritePath({ strip: '/a' })
    expect(filter.explain!(asked('/a/b'))).toMatchObject({ verdict: 'change', why: 'sends /b' })
    expect(filter.explain!(asked('/b'))).toMatchObject({ verdict: 'pass' })
    const refused = rewritePath({ to: '/{headers.x}' }).explain!(asked('/', { headers: { x: '..' } }))
    expect(refused).toMatchObject({ verdict: 'deny', why: expect.stringContaining('no path') })
  })

  it.each([
    [{}, /one of: strip and add; to/],
    [{ strip: '/a', to: '/b' }, /one of: strip and add; to/],
    [{ add: '/a', pathRewrite: {} }, /one of: strip and add; to/],
    [{ pattern: '/a' }, /one of: strip and add; to/],
    [{ pattern: '/a', strip: '/a' }, /one of: strip and add; to/],
    [{ strip: 'a' }, /a plain path/],
    [{ pattern: '/a/:id', to: '/{params.di}' }, /captures of the pattern: id/],
    [{ pattern: '/a/**', to: '/{params.1}' }, /captures of the pattern: 0/],
    [{ pattern: /(?<n>a)/, to: '/{params.index}' }, /captures of the pattern: 0, 1, n/],
    [{ pattern: '/a*b*c', to: '/x' }, /at most one \*/],
    [{ pattern: 5, to: '/x' }, /a glob or a regular expression/],
    [{ pathRewrite: { '(': '' } }, /valid regular expressions/],
  ])('H-155 refuses %o', (options, message) => expect(() => rewritePath(options as never)).toThrow(message))
})
