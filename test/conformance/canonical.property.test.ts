import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTarget, rewriteTarget, type Target, type TargetPolicy } from '../../src/http/target.js'
import { afterReplies, raw, sink } from '../support/index.js'
import { edgeTo, head, statuses, transports } from './edge.js'

/** What targets are made of when somebody wants two readers to read two things. */
const piece = fc.constantFrom(
  ...['/', '/', '/', '//', '\\', '%2f', '%2F', '%5c', '%2e', '%2E', '.', '..', '...', ';', '%3b', '%3B'],
  ...['%00', '%0d', '%0a', '%7f', '%25', '%2525', '#', '%23', '?', '%3f', '@', ':', '%', '%zz', '%6', '%c3', '%a9'],
  ...['%C3%A9', '%c0%ae', '\xe9', '\xc3\xa9', '"', '<', '^', '`', '{', '|', '[', ']', '~', '%7E', '%41', '%61', '%20'],
  ...['a', 'A', 'Z', 'admin', '*', '+', '=', '&', "'", '(', '$', '!', ',', '-', '_', '0'],
)
const target = fc
  .tuple(
    fc.constantFrom('/', '/', '/', '/', '/admin/', '/a/', '', 'http://a', 'http://a/'),
    fc.array(piece, { maxLength: 12 }),
  )
  .map(([start, pieces]) => start + pieces.join(''))
const policy: fc.Arbitrary<TargetPolicy> = fc.record({
  encodedSlashes: fc.constantFrom('reject', 'keep'),
  pathParameters: fc.constantFrom('reject', 'keep', 'strip'),
})

describe('the canonical target', () => {
  it.each([
    [
      'H-030',
      'has no dot segment, spelled in any way',
      ({ path }: Target) => !/(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?:[/;]|%2f|%5c|$)/i.test(path),
    ],
    ['H-033', 'has no empty segment', ({ path }: Target) => !path.includes('//')],
    [
      'H-034',
      'spells no unreserved character as an escape',
      ({ path }: Target) => !/%(?:2[DE]|3\d|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/i.test(path),
    ],
    [
      'H-039',
      'has no control byte, spelled in any way',
      ({ path }: Target) => !/[\0-\x20\x7f-\xff]|%[01][0-9A-F]|%7F/i.test(path),
    ],
    ['H-040', 'has UTF-8 escapes only', ({ path }: Target) => typeof decodeURIComponent(path) === 'string'],
    ['H-044', 'starts with one slash', ({ path }: Target) => /^\/(?![/\\])/.test(path)],
    [
      'H-047',
      'has neither fragment nor a byte that no target may have',
      ({ href, path, query }: Target) => href === path + query && /^[\x21\x22\x24-\x7e]+$/.test(href),
    ],
  ])('%s %s', (_, _promise, holds) => {
    check(({ read }) => holds(read))
  })

  it('H-035 is its own canonical form: a second reading changes nothing, and decodes nothing twice', () => {
    check(({ read, rules }) => same(parseTarget(read.href, 'GET', 'a', rules), read))
  })

  it('H-032 has no separator that is spelled otherwise, unless it was asked to keep it', () => {
    check(
      ({ read, rules }) =>
        !read.path.includes('\\') && (rules.encodedSlashes === 'keep' || !/%2f|%5c/i.test(read.path)),
    )
  })

  it('H-036 has no path parameter, unless it was asked to keep it', () => {
    check(({ read, rules }) => rules.pathParameters === 'keep' || !read.path.includes(';'))
  })

  it('H-030 H-031 is what a client library makes of it: WHATWG URL, which undici and http-proxy-3 know, leaves the path alone', () => {
    check(({ read }) => {
      const url = new URL(`http://upstream.test${read.path}`)
      return url.host === 'upstream.test' && url.pathname === read.path
    })
  })

  it('H-044 names no other origin when it is resolved against the upstream', () => {
    check(({ read }) => new URL(read.href, 'http://upstream.test').origin === 'http://upstream.test')
  })

  it('H-047 keeps its query byte for byte', () => {
    check(({ given, read }) => read.query === (given.includes('?') ? given.slice(given.indexOf('?')) : ''))
  })

  it('H-034 is the same however unreserved characters are spelled', () => {
    check(({ given, read, rules }) => {
      const spelled = given.replace(/[a-z]/gi, (letter, at: number) =>
        /%.?$/.test(given.slice(0, at)) || given.slice(0, at).includes('?') || given.startsWith('http')
          ? letter
          : `%${letter.charCodeAt(0).toString(16)}`,
      )
      return same(parseTarget(spelled, 'GET', 'a', rules), read)
    })
  })

  it('H-044 is what a rewrite that changes nothing returns', () => {
    check(({ read, rules }) => same(rewriteTarget(read.href, rules), read))
  })

  it('H-040 is read or refused, never a surprise, out of any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), policy, (given, rules) => {
        const read = parseTarget(given, 'GET', 'a', rules)
        if ('error' in read) expect([400, 414]).toContain(read.error.status)
        else expect(same(parseTarget(read.href, 'GET', 'a', rules), read)).toBe(true)
      }),
      { numRuns: 10_000 },
    )
  })

  /** Holds for every target that is not refused. */
  function check(holds: (run: { given: string; read: Target; rules: TargetPolicy }) => boolean): void {
    let taken = 0
    fc.assert(
      fc.property(target, policy, (given, rules) => {
        const read = parseTarget(given, 'GET', 'a', rules)
        if ('error' in read) return
        taken += 1
        if (!holds({ given, read, rules })) throw new Error(`${JSON.stringify(given)} was read as ${read.href}`)
      }),
      { numRuns: 10_000 },
    )
    expect(taken).toBeGreaterThan(1_000)
  }
})

describe.each(transports)('the canonical target over $name', ({ make }) => {
  it.each(['/', '/api'])(
    'H-030 … H-047 matcher, chain and wire see one string, or it is a 400, below %s',
    async (base) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, {
        base,
        routes: (handler) => [
          { path: '/admin/**', handler },
          { path: '/**', handler },
        ],
      })
      const prefix = base === '/' ? '' : base
      const path = fc
        .tuple(fc.constantFrom('/', '/admin/'), fc.array(piece, { maxLength: 8 }))
        .map(([start, rest]) => start + rest.join(''))
      let served = 0
      await fc.assert(
        fc.asyncProperty(path, async (given) => {
          const before = [edge.seen.length, upstream.requests.length]
          const bytes = head(`GET ${prefix}${given} HTTP/1.1`, 'Host: a')
          const result = await raw(edge.port, bytes, { until: afterReplies(1) })
          const [status] = statuses(result)
          const seen = edge.seen.slice(before[0])
          const got = upstream.requests.slice(before[1]).map((request) => request.target)
          const read = parseTarget(given, 'GET', 'a')
          // Node's parser takes no byte past ASCII in a target.
          if ('error' in read || /[\x80-\xff]/.test(given)) {
            expect([status, seen, got]).toEqual([400, [], []])
            return
          }
          served += 1
          const route = /^\/admin(?:\/|$)/.test(read.path) ? '/admin/**' : '/**'
          expect([status, seen.map((each) => [each.target, each.exchange.wire.href, each.route]), got]).toEqual([
            200,
            [[read.href, read.href, route]],
            [read.href],
          ])
        }),
        { numRuns: 300 },
      )
      expect(served).toBeGreaterThan(20)
      for (const connection of upstream.connections) expect(connection.error).toBeUndefined()
    },
  )
})

function same(read: ReturnType<typeof parseTarget>, wanted: Target): boolean {
  return !('error' in read) && read.path === wanted.path && read.query === wanted.query && read.href === wanted.href
}
