import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies, raw, sink } from '../support/index.js'
import { allRequests, edgeTo, head, transports } from './edge.js'

const HOP =
  'keep-alive proxy-connection http2-settings proxy-authorization proxy-authenticate trailer upgrade te expect'.split(
    ' ',
  )
const CLAIMS =
  'x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port x-forwarded-prefix forwarded x-real-ip true-client-ip x-original-url x-rewrite-url cf-connecting-ip'.split(
    ' ',
  )
const PLAIN = ['x-a', 'x-b', 'x-c', 'accept', 'x-d_e', 'cache-control', '__proto__', 'constructor']

/** A name as a client might spell it: in any case, with `_` for `-`. */
const spelled = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), fc.nat(2 ** 16), fc.integer({ min: 0, max: 9 }))
    .map(([name, cases, alias]) =>
      (alias === 0 ? name.replaceAll('-', '_') : name).replace(/[a-z]/g, (letter, at: number) =>
        (cases >> (at % 16)) & 1 ? letter.toUpperCase() : letter,
      ),
    )
const value = fc.constantFrom(
  '1',
  'evil',
  '6.6.6.6',
  'https',
  'for=6.6.6.6',
  'websocket',
  'trailers, deflate',
  '\xe9"x',
  '',
)
const field = fc.tuple(
  fc.oneof(
    { weight: 2, arbitrary: spelled(HOP) },
    { weight: 3, arbitrary: spelled(CLAIMS) },
    { weight: 3, arbitrary: spelled(PLAIN) },
  ),
  value,
)
const nominated = fc.array(
  fc.oneof(spelled(PLAIN), spelled(CLAIMS), spelled(HOP), fc.constantFrom('host', 'content-length', 'close', '')),
  {
    maxLength: 4,
  },
)

/** Names of fields, lower case, `_` as an upstream may read it. */
const folded = (name: string): string => name.toLowerCase().replaceAll('_', '-')

describe.each(transports)('the fields of any message over $name', ({ make }) => {
  it('H-050 H-051 H-060 H-061 H-062 of a request: nothing of this hop, nothing nominated, and no claim of a client reaches the upstream', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 8 }), nominated, async (fields, connection) => {
        const before = allRequests(upstream).length
        const lines = [...fields, ['Connection', connection.join(', ')] as const].filter(
          // Node answers these itself; H-020 has them.
          ([name]) => name.toLowerCase() !== 'expect',
        )
        const bytes = head('GET / HTTP/1.1', 'Host: a.test', ...lines.map(([name, text]) => `${name}: ${text}`))
        const [reply] = parseReplies((await raw(edge.port, bytes, { until: afterReplies(1) })).bytes)
        const got = allRequests(upstream).slice(before)
        expect([reply!.status, got.length]).toEqual([200, 1])
        const arrived = got[0]!.headers.map(([name, text]) => [folded(name), text] as const)
        const names = arrived.map(([name]) => name)
        // TE may say that trailers are taken, and nothing else.
        expect(names.filter((name) => HOP.includes(name) && name !== 'te')).toEqual([])
        for (const [name, text] of arrived) {
          if (name === 'te') expect(text).toBe('trailers')
          if (name === 'connection') expect(text).toMatch(/^(?:keep-alive|close)$/)
          if (CLAIMS.includes(name))
            expect([name, text]).toEqual([name, expect.not.stringMatching(/evil|6\.6\.6\.6|\xe9|websocket/)])
        }
        expect(names.filter((name) => name === 'x-forwarded-for')).toHaveLength(1)
        expect(arrived.find(([name]) => name === 'x-forwarded-for')![1]).toBe('127.0.0.1')
        expect(names.filter((name) => name === 'host')).toHaveLength(1)
        const gone = connection.map((name) => name.toLowerCase()).filter((name) => PLAIN.includes(name))
        expect(got[0]!.headers.map(([name]) => name.toLowerCase()).filter((name) => gone.includes(name))).toEqual([])
        const kept = lines
          .map(([name]) => name.toLowerCase())
          .filter((name) => PLAIN.includes(name) && !gone.includes(name))
        expect(kept.filter((name) => !got[0]!.headers.some(([each]) => each.toLowerCase() === name))).toEqual([])
      }),
      { numRuns: 120, seed: 7 },
    )
  }, 60_000)

  it('H-050 H-051 of a reply: nothing of this hop and nothing nominated reaches the client', async () => {
    let lines: readonly string[] = []
    await using upstream = await sink(() => [`HTTP/1.1 200 OK\r\n${lines.join('')}Content-Length: 2\r\n\r\nok`])
    await using edge = await edgeTo(upstream, make)
    const names = fc.oneof(spelled(HOP.filter((name) => name !== 'upgrade')), spelled(PLAIN))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, value), { maxLength: 8 }), nominated, async (fields, connection) => {
        lines = [...fields, ['Connection', connection.join(', ')] as const].map(
          ([name, text]) => `${name}: ${text}\r\n`,
        )
        const result = await raw(edge.port, head('GET / HTTP/1.1', 'Host: a'), { until: afterReplies(1) })
        const [reply] = parseReplies(result.bytes)
        expect([reply!.status, reply!.body.toString()]).toEqual([200, 'ok'])
        const arrived = reply!.headers.map(([name, text]) => [name.toLowerCase(), text] as const)
        // Node's own connection to this client has fields of its own.
        const left = arrived.filter(([name]) => HOP.includes(name) && !(name === 'keep-alive'))
        expect(left).toEqual([])
        for (const [name, text] of arrived) if (name === 'keep-alive') expect(text).toMatch(/^timeout=\d+$/)
        const gone = connection.map((name) => name.toLowerCase()).filter((name) => PLAIN.includes(name))
        expect(arrived.filter(([name]) => gone.includes(name))).toEqual([])
      }),
      { numRuns: 120, seed: 7 },
    )
  }, 60_000)
})
