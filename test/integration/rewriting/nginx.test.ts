import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, forward, type RewriteCookiesOptions, rewriteCookies, rewriteLocation } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { parseSetCookie } from '../../../src/http/set-cookie.js'
import { installed, upstream } from '../../support/index.js'
import { asks, type Rewritten, repliesAsAsked, rewritingNginx, type Wanted } from './rewriting-nginx.js'

/** What both make of the same rows. */
async function both(
  rows: (port: number) => readonly Wanted[],
  cookieLines: readonly string[],
  cookies: RewriteCookiesOptions,
): Promise<readonly (readonly [nginx: Rewritten, edgewise: Rewritten])[]> {
  await using far = await upstream(repliesAsAsked)
  await using program = await rewritingNginx(far.port, cookieLines)
  const handler = compose(
    rewriteCookies(cookies),
    rewriteLocation({ paths: { '/': '/one' } }),
    forward(`${far.url}/two`, { pathRewrite: { '^/one': '' } }),
  )
  const listener = toNode(handler)
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const made: [Rewritten, Rewritten][] = []
    for (const row of rows(far.port)) made.push([await asks(program.door, row), await asks({ port }, row)])
    return made
  } finally {
    server.closeAllConnections()
    await listener.close()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** `UP`: the upstream's address. `nginx` only where NGINX does otherwise, with the reason. */
const LOCATIONS: readonly {
  readonly location: string
  readonly wanted: string
  readonly nginx?: string
  readonly why?: string
}[] = [
  { location: 'http://UP/two/some/uri/?a#b', wanted: 'http://a.test/one/some/uri/?a#b' },
  { location: 'http://UP/two/', wanted: 'http://a.test/one/' },
  { location: 'http://UP/other/', wanted: 'http://UP/other/' },
  { location: 'http://UP/twofold', wanted: 'http://UP/twofold' },
  { location: 'http://evil.test/two/x', wanted: 'http://evil.test/two/x' },
  { location: 'https://UP/two/x', wanted: 'https://UP/two/x' },
  { location: 'x/y', wanted: 'x/y' },
  {
    location: 'http://UP/two',
    wanted: 'http://a.test/one',
    nginx: 'http://UP/two',
    why: 'its prefix has a slash at the end',
  },
  {
    location: '/two/x',
    wanted: '/one/x',
    nginx: '/two/x',
    why: '`proxy_redirect default` looks at URLs only',
  },
  {
    location: '//UP/two/x',
    wanted: 'http://a.test/one/x',
    nginx: '//UP/two/x',
    why: 'it looks at URLs with a scheme only',
  },
]

describe.skipIf(!installed('nginx'))('next to nginx', () => {
  it('Location is rewritten as by proxy_redirect default, but where the table says why not', async () => {
    const made = await both(
      (port) => LOCATIONS.map(({ location }) => ({ location: location.replace('UP', `127.0.0.1:${port}`) })),
      [],
      {},
    )
    const shown = made.map((pair) => pair.map(({ location }) => location?.replace(/127\.0\.0\.1:\d+/, 'UP')))
    expect(shown).toEqual(LOCATIONS.map(({ wanted, nginx = wanted }) => [nginx, wanted]))
  })

  const cookies = [
    'a=1; Domain=app.internal; Path=/two/x; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=60',
    'b=2; domain=.APP.internal; path=/two/',
    'c=3; Domain=other.test; Path=/three',
    'd=Domain=app.internal; Path=/',
    'e=5; Secure; HttpOnly; SameSite=None',
    'f="quoted; Path=/two/y"',
    'g=7',
  ]

  it.each<[string, readonly string[], RewriteCookiesOptions]>([
    ['proxy_cookie_domain', ['proxy_cookie_domain app.internal a.test;'], { domain: { 'app.internal': 'a.test' } }],
    ['proxy_cookie_path', ['proxy_cookie_path /two/ /one/;'], { path: { '/two': '/one' } }],
    [
      'proxy_cookie_flags, all on',
      ['proxy_cookie_flags ~. secure httponly samesite=lax;'],
      { secure: true, httpOnly: true, sameSite: 'lax' },
    ],
    [
      'proxy_cookie_flags, all off',
      ['proxy_cookie_flags ~. nosecure nohttponly nosamesite;'],
      { secure: false, httpOnly: false, sameSite: false },
    ],
    ['proxy_cookie_flags of one', ['proxy_cookie_flags g secure;'], { secure: true, names: ['g'] }],
    [
      'all of them',
      [
        'proxy_cookie_domain app.internal a.test;',
        'proxy_cookie_path /two/ /one/;',
        'proxy_cookie_flags ~. secure samesite=strict;',
      ],
      { domain: { 'app.internal': 'a.test' }, path: { '/two': '/one' }, secure: true, sameSite: 'strict' },
    ],
  ])('H-071 cookies are rewritten as by %s', async (_what, lines, options) => {
    const [[nginx, edgewise] = []] = await both(() => [{ cookies }], lines, options)
    expect(edgewise!.cookies).toHaveLength(cookies.length)
    expect(edgewise!.cookies.map(meaning)).toEqual(nginx!.cookies.map(meaning))
  })
})

/** A cookie as a browser understands it. A path's last slash is NGINX's own prefix's. */
function meaning(line: string): unknown {
  const { pair, attributes } = parseSetCookie(line)
  const sorted = attributes
    .map(({ name, value }) => `${name}=${name === 'domain' ? value?.replace(/^\./, '').toLowerCase() : value}`)
    .map((attribute) => (attribute.startsWith('path=/') ? attribute.replace(/(?<=.)\/$/, '') : attribute))
    .map((attribute) => (attribute.startsWith('samesite') ? attribute.toLowerCase() : attribute))
    .toSorted()
  return [pair, ...sorted]
}
