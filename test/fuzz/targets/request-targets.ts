import { parseAuthority } from '../../../src/http/authority.js'
import { belowBase, isUnder, parseTarget, rewriteTarget, type TargetPolicy } from '../../../src/http/target.js'
import { type FuzzTarget, promise, same } from '../target.js'

const POLICIES: readonly TargetPolicy[] = [
  {},
  { encodedSlashes: 'keep' },
  { pathParameters: 'keep' },
  { pathParameters: 'strip', encodedSlashes: 'keep', maxPathLength: 16_384 },
]

/** H-030 to H-048: one canonical form, or a refusal. */
export const target: FuzzTarget = {
  name: 'target',
  corpus: [
    '/',
    '/users/42?a=b&c',
    '/a/./b/../c',
    '/%41%7e/%2f/%5C;v=1',
    'http://a/x?y',
    '*',
    '/caf%C3%A9/\xc3\xa9',
    '//a//b',
    '/a%2e%2e/b',
    '/.%2e;/x',
  ],
  pieces: [
    '%2e',
    '%2E%2e',
    '/..',
    '/.',
    '/.;',
    ';a=b',
    '%2f',
    '%5c',
    '\\',
    'http://a',
    'https://b/',
    '//',
    '%c0%ae',
    '%7F',
    '?',
    '#',
    '%3b',
    '%25%32%66',
  ],
  check(input) {
    let outcome = ''
    for (const policy of POLICIES) {
      const read = parseTarget(input, 'GET', 'a', policy)
      if ('error' in read) {
        promise([400, 414].includes(read.error.status), 'a target is refused with 400 or 414', read.error.status)
        outcome += read.error.message
        continue
      }
      outcome += '·'
      const { path, query, href } = read
      promise(
        href === path + query && /^\/[\x21\x22\x24-\x7e]*$/.test(href),
        'a target has bytes that it may have',
        href,
      )
      promise(!path.includes('//') && !path.includes('\\'), 'one slash at a time', path)
      promise(!/(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?:[/;]|%2f|%5c|$)/i.test(path), 'no dot segment', path)
      promise(policy.encodedSlashes === 'keep' || !/%2f|%5c/i.test(path), 'no encoded slash', path)
      promise(policy.pathParameters === 'keep' || !path.includes(';'), 'no path parameter', path)
      promise(path.length <= (policy.maxPathLength ?? 2048), 'no longer than it may be', path.length)
      promise(new URL(href, 'http://u.test').origin === 'http://u.test', 'no other origin', href)
      promise(new URL(`http://u.test${path}`).pathname === path, 'what a client library leaves alone', path)
      same(parseTarget(href, 'GET', 'a', policy), read, 'a canonical target is its own canonical form')
      same(rewriteTarget(href, policy), read, 'a rewrite that changes nothing')
      const below = belowBase(read, '/users')
      promise((below === undefined) === !isUnder(path, '/users') && below?.path[0] !== '', 'below its base', below)
    }
    return outcome
  },
}

/** H-013: a Host is an authority, or nothing. */
export const authority: FuzzTarget = {
  name: 'authority',
  corpus: [
    'a.test',
    'A.test.:80',
    '[::1]:8080',
    '127.0.0.1',
    'a_b.c',
    'xn--caf-dma.test',
    'a@b',
    'a:0',
    '[fe80::1%25eth0]',
  ],
  check(input) {
    const read = parseAuthority(input)
    if (read === null) return 'none'
    const { host, port } = read
    promise(/^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])$/.test(host) && !host.endsWith('.'), 'a host of plain characters', host)
    promise(port === null || (Number.isInteger(port) && port >= 0 && port <= 65_535), 'a port', port)
    same(parseAuthority(port === null ? host : `${host}:${port}`), read, 'an authority is its own plain form')
    return port === null ? 'host' : 'host and port'
  },
}
