import { type Attack, GET, get, ok, type Script } from '../attack.js'
import type { Cell } from '../cell.js'
import { failedVisibly, notLeft, repliesOf } from '../oracles.js'

const BAD_REPLY =
  'A 502, or a message that is visibly broken or has one meaning only; the next request gets its own answer.'

/** What the client got of a reply, and whether the next request got its own. */
async function relayed(
  cell: Cell,
  steps: readonly (string | number)[],
  request = GET,
  methods: readonly string[] = [],
) {
  const script: Script = (_, __, { target }) =>
    target.endsWith('/next') ? ['waitBody', ok('next')] : ['waitBody', ...steps]
  const { port } = await cell.behind(script)
  const result = await cell.ask(port, request, { hold: 1_600, methods })
  const next = await cell.ask(port, get('/api/next'), { hold: 1_600 })
  return {
    result,
    next: /\r\n\r\n(?:4\r\n)?next/.test(next.text)
      ? undefined
      : (notLeft(next) ?? `the next request got ${JSON.stringify(next.text.slice(0, 80))}`),
  }
}

/** A row whose reply must be refused or visibly broken. */
const refused = (title: string, ...replies: readonly (readonly string[])[]): Attack => ({
  title,
  rule: BAD_REPLY,
  async run(cell) {
    for (const steps of replies) {
      const { result, next } = await relayed(cell, steps)
      const finding = failedVisibly(result) ?? next
      if (finding) return `${JSON.stringify(steps[0]!.slice(0, 40))}: ${finding}`
    }
    return undefined
  },
})

/** A row whose reply may be mended as well. */
const unambiguous = (
  title: string,
  reply: string | readonly string[],
  request = GET,
  methods: readonly string[] = [],
): Attack => ({
  title,
  rule: BAD_REPLY,
  async run(cell) {
    const { result, next } = await relayed(cell, [reply].flat(), request, methods)
    const { problem, replies } = repliesOf(result, methods)
    if (problem) return result.ended === 'open' ? `${problem}, and the connection stays open` : problem
    if (replies.length > 1) return 'the client got two replies to one request'
    if (result.ended === 'open' && !replies[0]?.complete) return 'the client is left waiting'
    return next
  },
})

const HEAD = GET.replace('GET', 'HEAD')

export const replies: readonly Attack[] = [
  {
    title: 'H-097 status 099, and status 1000',
    rule: 'The client is answered, the next request gets its own answer, and nothing dies.',
    alone: true,
    async run(cell) {
      for (const status of ['099', '1000']) {
        const { result, next } = await relayed(cell, [`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`])
        if (result.text === '' && result.ended === 'open') return 'the client is left without an answer'
        if (next) return next
      }
      return undefined
    },
  },
  refused(
    'H-097 junk: an SSH banner, a TLS alert, a field without a colon, nothing at all',
    ['SSH-2.0-OpenSSH_9.2\r\n', 'end'],
    ['\x15\x03\x01\x00\x02\x02\x46', 'end'],
    ['HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok'],
    ['', 'end'],
  ),
  refused('H-097 a header of 200 KB', [
    `HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(200_000)}\r\nContent-Length: 2\r\n\r\nok`,
  ]),
  unambiguous(
    'H-105 Content-Length next to Transfer-Encoding',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  refused('H-105 two lengths that differ', ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello']),
  unambiguous('H-105 Transfer-Encoding: foo', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\nhello', 'end']),
  unambiguous(
    'H-105 chunked twice',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  unambiguous(
    'H-065 a HEAD that is answered with a body',
    ok('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
    HEAD,
    ['HEAD'],
  ),
  {
    title: 'H-066 a 204 with a length and a body',
    rule: 'The client gets no body, and the next request its own answer.',
    async run(cell) {
      const { result, next } = await relayed(cell, ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'])
      if (/^HTTP\/1\.1 204[\s\S]*hello/.test(result.text)) return 'the client got the body'
      return result.text === '' && result.ended === 'open' ? 'the client is left without an answer' : next
    },
  },
  unambiguous('H-066 a 304 with a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'),
  unambiguous(
    'H-024 bytes beyond ASCII in the reason and in a field',
    ok('ok', 'X-Name: caf\xe9 \xc3\xa9\r\n').replace('200 OK', '200 Tr\xe8s bien'),
  ),
  {
    title: 'H-023 a bare CR in a field that would split the reply',
    rule: 'No field of the upstream becomes two (RFC 9112 section 11.1).',
    async run(cell) {
      const { result, next } = await relayed(cell, [ok('ok', 'X-A: a\rSet-Cookie: forged=1\r\n')])
      return /[\r\n]Set-Cookie/i.test(result.text) ? 'the client got the bytes as they were' : next
    },
  },
  {
    title: 'H-050 a field that Connection of the reply names ends here',
    note: 'nginx, HAProxy and all the others pass such fields on; what they can do is small, unless a cache stands in front.',
    rule: 'RFC 9110 section 7.6.1, a MUST.',
    async run(cell) {
      const { result } = await relayed(cell, [ok('ok', 'Connection: X-Of-That-Hop\r\nX-Of-That-Hop: 1\r\n')])
      return /^X-Of-That-Hop:/im.test(result.text) ? 'the client got X-Of-That-Hop' : undefined
    },
  },
  {
    title: 'H-068 a 101 that nobody asked for',
    rule: 'The client is answered, with an error, and no tunnel opens (RFC 9110 section 15.2.2).',
    async run(cell) {
      const { port, far } = await cell.behind([
        'waitBody',
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n',
        'stall',
      ])
      const result = await cell.ask(port, [GET, 300, 'through the tunnel'], { hold: 2_400 })
      if (far.connections.some(({ text }) => text.includes('through the tunnel'))) return 'a tunnel opened'
      if (/^HTTP\/1\.1 101/.test(result.text)) return 'the client got the 101'
      return result.text === '' && result.ended === 'open' ? 'the client is left without an answer' : undefined
    },
  },
  {
    title: 'H-067 a flood of 20,000 interim replies in front of the reply',
    rule: 'It is survived: the reply arrives, or a 502.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind([
        'waitBody',
        'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(20_000),
        ok(),
      ])
      const result = await cell.ask(port, GET, { hold: 2_000 })
      return /HTTP\/1\.1 [2-5]/.test(result.text) || result.ended !== 'open'
        ? undefined
        : 'the client is left without an answer'
    },
  },
]
