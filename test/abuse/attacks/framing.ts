import { type Attack, answer, chunk, GET, ok, post, SMUGGLED } from '../attack.js'
import type { Cell } from '../cell.js'
import { first, notLeft, repliesOf, smuggled, stray } from '../oracles.js'

const ONE_MESSAGE =
  'Each connection to the upstream carries whole, strict messages that the proxy itself sent, or nothing (RFC 9112 section 11.2).'

/** Sends each form on a connection of its own and looks for smuggled requests. */
async function forms(cell: Cell, requests: readonly string[]): Promise<string | undefined> {
  for (const request of requests) {
    const { far, port } = await cell.behind(answer)
    await cell.ask(port, request)
    const finding = await smuggled(far)
    if (finding) return finding
  }
  return undefined
}

const head = (method: string, ...fields: readonly string[]): string =>
  `${[`${method} /api/x HTTP/1.1`, 'Host: a.example', ...fields].join('\r\n')}\r\n\r\n`

const reframed = (method: string): Attack => ({
  title: `H-001 a chunked ${method} whose body is a request`,
  note: 'http-proxy-3 sets Content-Length: 0 on a DELETE or OPTIONS that has no length, drops Transfer-Encoding, and sends the body behind it.',
  rule: ONE_MESSAGE,
  run: (cell) => forms(cell, [`${head(method, 'Transfer-Encoding: chunked')}${chunk(SMUGGLED)}0\r\n\r\n`]),
})

const lengths = ['+47', '-1', '0x2f', '47, 48', '4_7', '47abc', '4.7e1', '']
const codings = [
  'xchunked',
  'chunked, identity',
  'identity, chunked',
  '\x0bchunked',
  '"chunked"',
  'chunked;a=b',
  'CHUNKED',
  ',chunked',
]

export const framing: readonly Attack[] = [
  reframed('DELETE'),
  reframed('OPTIONS'),
  {
    title: 'H-002 H-003 Content-Length next to Transfer-Encoding, either way round',
    rule: ONE_MESSAGE,
    run: (cell) =>
      forms(cell, [
        `${head('POST', 'Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
        `${head('POST', 'Transfer-Encoding: chunked', 'Content-Length: 4')}${chunk(SMUGGLED)}0\r\n\r\n`,
      ]),
  },
  {
    title: 'H-004 eight spellings of Transfer-Encoding that only some read as chunked',
    rule: ONE_MESSAGE,
    run: (cell) =>
      forms(
        cell,
        codings.map((coding) => `${head('POST', `Transfer-Encoding: ${coding}`)}0\r\n\r\n`),
      ),
  },
  {
    title: 'H-007 eight forms of Content-Length that are no number, and two that differ',
    rule: ONE_MESSAGE,
    run: (cell) =>
      forms(cell, [
        ...lengths.map((length) => `${head('POST', `Content-Length: ${length}`)}${SMUGGLED}`),
        `${head('POST', 'Content-Length: 0', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
      ]),
  },
  {
    title: 'H-006 Transfer-Encoding in an HTTP/1.0 request',
    rule: 'Its framing is faulty: refuse it, or close the connection behind it (RFC 9112 section 6.1).',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      const result = await cell.ask(
        port,
        `POST /api/x HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hello')}0\r\n\r\n`,
        { hold: 1_000, expect: 2 },
      )
      if (result.ended === 'open' && /^HTTP\/1\.1 2/.test(result.text)) return 'forwarded, and the connection is kept'
      return stray(far)
    },
  },
  {
    title: 'H-008 a chunked body that goes wrong after its first chunk, in six ways',
    rule: 'The upstream never sees the end of such a body.',
    async run(cell) {
      const findings = [
        '0x5\r\nhello\r\n',
        '+5\r\nhello\r\n',
        '-5\r\n',
        '5\r\nhelloXX',
        'fffffffffffffffff\r\n',
        '5;\n\r\nhello\r\n',
      ].map(async (bad) => {
        const { far, port } = await cell.behind(answer)
        await cell.ask(
          port,
          [`${head('POST', 'Transfer-Encoding: chunked')}${chunk('first')}`, 100, `${bad}0\r\n\r\n`],
          {
            hold: 300,
          },
        )
        return far.requests.some(({ complete }) => complete)
          ? `after ${JSON.stringify(bad)} the upstream got a whole message`
          : smuggled(far)
      })
      return first(...findings)
    },
  },
  {
    title: 'H-010 H-011 bare LF as line end, bare CR and a folded line in a field',
    rule: 'Refused, or mended before it is forwarded (RFC 9112 sections 2.2 and 5.2).',
    run: (cell) =>
      forms(cell, [
        'GET /api/x HTTP/1.1\nHost: a.example\n\n',
        head('GET', 'X-A: one\rX-B: two'),
        head('GET', 'X-A: one', ' X-Tenant: two'),
      ]),
  },
  {
    title: 'H-018 a GET with a body that is a request',
    rule: ONE_MESSAGE,
    run: (cell) =>
      forms(cell, [
        `${head('GET', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
        `${head('GET', 'Transfer-Encoding: chunked')}${chunk(SMUGGLED)}0\r\n\r\n`,
      ]),
  },
  {
    title: 'H-022 2,100 header fields, the last of them a Content-Length of a GET',
    rule: 'Refused, or forwarded whole: a field beyond some limit must not vanish while the request passes.',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(
        port,
        `${head('GET', ...Array(2_100).fill('a:b'), 'X-Last: 1', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
      )
      const [request] = far.requests
      return request && request.header('x-last') === undefined
        ? `forwarded with ${request.headers.length} fields, without the last`
        : smuggled(far)
    },
  },
  {
    title: 'H-019 Connection: Content-Length, so that the next hop drops the framing',
    rule: 'Connection is of one hop: its names never go on (RFC 9110 section 7.6.1).',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(port, post(SMUGGLED, 'Connection: keep-alive, Content-Length'))
      const connection = far.requests[0]?.header('connection')
      return (
        (await smuggled(far)) ??
        (/content-length/i.test(connection ?? '') ? `the upstream got Connection: ${connection}` : undefined)
      )
    },
  },
  {
    title: 'H-003 a POST that the proxy answers by itself (its upstream is down), its body a request',
    rule: 'The body is never taken for a request: one answer, or a closed connection.',
    async run(cell) {
      const result = await cell.ask(await cell.behindNobody(), post(SMUGGLED), { hold: 1_500 })
      const { replies, problem } = repliesOf(result)
      return problem ?? (replies.length > 1 ? 'two answers to one request' : notLeft(result))
    },
  },
  {
    title: 'H-027 two pipelined requests, the first one slow: order and bodies stay right',
    rule: 'RFC 9112 section 9.3.2.',
    async run(cell) {
      const { port } = await cell.behind((_, __, { target }) => [
        'waitBody',
        target.endsWith('1') ? 300 : 0,
        ok(target),
      ])
      const result = await cell.ask(port, GET.replace('/x', '/1') + GET.replace('/x', '/2'), { hold: 1_500, expect: 2 })
      const bodies = repliesOf(result).replies.map(({ body }) => body.toString())
      return String(bodies) === '/api/1,/api/2' ? undefined : `the client got ${JSON.stringify(bodies)}`
    },
  },
]
