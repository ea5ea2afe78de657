import { eventually } from '../../support/index.js'
import { type Attack, type Far, GET, get, ok, post, type Script } from '../attack.js'
import type { Cell } from '../cell.js'
import { failedVisibly, first, notLeft, repliesOf, smuggled } from '../oracles.js'

/** Upstreams' timeouts are one second everywhere. */
const PATIENCE = 2_600

/** A row in which the upstream fails in its reply: the client must see it. */
const dies = (title: string, ...steps: readonly (string | number)[]): Attack => ({
  title,
  rule: 'The client sees a broken message or an error, soon, and never a whole one (RFC 9112 section 8).',
  async run(cell) {
    const { port } = await cell.behind(['waitBody', ...steps])
    return failedVisibly(await cell.ask(port, GET, { hold: PATIENCE }))
  },
})

const HALF = `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${'x'.repeat(50)}`
const HALF_CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`

/** Waits until the upstream is rid of its connections. */
function left(far: Far, what: string): Promise<string | undefined> {
  return eventually(() => far.openConnections() === 0, { timeoutMs: 2_000 }).then(
    () => undefined,
    () => what,
  )
}

/** A row in which the client fails in its upload: the upstream must not take it for whole. */
const cut = (title: string, request: string, how: 'end' | 'rst'): Attack => ({
  title,
  rule: 'The upstream sees a broken message, soon, and never a whole one.',
  async run(cell) {
    const { far, port } = await cell.behind(['waitBody', ok()])
    await cell.ask(port, [request, 150, how], { hold: 300 })
    if (far.requests.some(({ complete }) => complete)) return 'the upstream got a whole message'
    return first(smuggled(far), left(far, 'the upstream is left waiting for the rest'))
  },
})

async function kept(cell: Cell, script: Script, requests: readonly string[]): Promise<readonly number[]> {
  const { port } = await cell.behind(script)
  const statuses: number[] = []
  for (const request of requests) {
    const result = await cell.ask(port, request, { hold: 2_000 })
    statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(result.text)?.[1] ?? 0))
  }
  return statuses
}

/** A row in which kept connections die. */
const dead = (title: string, how: 'end' | 'reset'): Attack => ({
  title,
  note: 'It is no attack, but what users see as errors now and then. Without an agent, http-proxy-3 keeps no connection that could die.',
  rule: 'A GET is tried again on a fresh connection: it has done nothing yet (RFC 9110 section 9.2.2 allows it).',
  async run(cell) {
    const statuses = await kept(cell, (_, nth) => (nth === 0 ? ['waitBody', ok()] : [how]), Array(8).fill(GET))
    const failed = statuses.filter((status) => status !== 200).length
    return failed > 0 ? `${failed} of 8 GETs failed` : undefined
  },
})

/** A row in which a kept connection carries a reply that belongs to nobody. */
const poisoned = (title: string, later: boolean): Attack => ({
  title,
  rule: 'Each request gets its own reply or an error, never somebody else’s.',
  async run(cell) {
    const poison = ok('poison')
    const { port } = await cell.behind((_, __, { target }) =>
      later ? ['waitBody', ok(target), 30, poison] : ['waitBody', ok(target) + poison],
    )
    for (let nth = 0; nth < 6; nth += 1) {
      const result = await cell.ask(port, get(`/api/${nth}`), { hold: 1_500 })
      const [reply] = repliesOf(result).replies
      const body = reply?.body.toString() ?? ''
      if (body.includes('poison')) return 'a request got the poison'
      if (reply?.status === 200 && body !== `/api/${nth}`) return `request ${nth} got ${body}`
      const waiting = notLeft(result)
      if (waiting) return `request ${nth}: ${waiting}`
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    return undefined
  },
})

export const failures: readonly Attack[] = [
  dies('H-090 the upstream ends its reply early with a FIN', HALF, 50, 'end'),
  dies('H-090 … with a RST', HALF, 50, 'reset'),
  dies('H-090 … in the middle of chunks, with a FIN', HALF_CHUNKED, 50, 'end'),
  dies('H-090 … in the middle of chunks, with a RST', HALF_CHUNKED, 50, 'reset'),
  dies('H-098 the upstream is silent for good', 'stall'),
  dies('H-098 the upstream falls silent in the middle of its reply', HALF, 'stall'),
  dies('H-098 the upstream falls silent in the middle of chunks', HALF_CHUNKED, 'stall'),
  {
    title: 'H-117 a whole reply with a RST right behind it arrives whole',
    rule: 'What came whole is passed on whole.',
    async run(cell) {
      const { port } = await cell.behind(['waitBody', ok('whole'), 20, 'reset'])
      for (let nth = 0; nth < 5; nth += 1) {
        const { text } = await cell.ask(port, GET, { hold: 1_000 })
        if (!/whole/.test(text)) return `the client got ${JSON.stringify(text.slice(0, 80))}`
      }
      return undefined
    },
  },
  {
    title: 'H-095 H-058 the upstream refuses connections',
    rule: 'A 5xx that does not tell the address, and nothing dies.',
    alone: true,
    async run(cell) {
      const result = await cell.ask(await cell.behindNobody(), GET, { hold: 1_500 })
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(result.text)?.[1])
      if (!(status >= 500)) return `the client got ${JSON.stringify(result.text.slice(0, 60))}`
      return /ECONNREFUSED|127\.0\.0\.1/.test(result.text) ? 'the answer tells the address of the upstream' : undefined
    },
  },
  dead('H-100 kept connections that the upstream closes as the next GET arrives', 'end'),
  dead('H-100 kept connections that the upstream resets as the next GET arrives', 'reset'),
  {
    title: 'H-101 a kept connection that dies as a POST arrives: the POST is not sent twice',
    rule: 'RFC 9110 section 9.2.2, a MUST NOT.',
    async run(cell) {
      let posts = 0
      const script: Script = (_, nth, { method }) => {
        if (method === 'POST') posts += 1
        return nth === 0 && method === 'GET' ? ['waitBody', ok()] : ['waitBody', 'reset']
      }
      await kept(cell, script, [GET, post('pay')])
      return posts > 1 ? `the upstream got the POST ${posts} times` : undefined
    },
  },
  {
    title: 'H-102 an upstream that answers 503 and Retry-After is asked no more than twice',
    rule: 'Who is overloaded does not get more work by a proxy that repeats itself.',
    async run(cell) {
      const { far, port } = await cell.behind([
        'waitBody',
        'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n',
      ])
      await cell.ask(port, GET, { hold: 1_000 })
      return far.requests.length > 2 ? `one GET reached the upstream ${far.requests.length} times` : undefined
    },
  },
  poisoned('H-103 H-104 a second reply in the same packet', false),
  poisoned('H-103 a second reply on the idle connection', true),
  cut('H-028 an upload ends early with a FIN', post('x'.repeat(100)).slice(0, -50), 'end'),
  cut('H-028 … with a RST', post('x'.repeat(100)).slice(0, -50), 'rst'),
  cut(
    'H-028 … in the middle of chunks, with a FIN',
    `POST /api/x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    'end',
  ),
  {
    title: 'H-091 the client leaves before the reply: so does the proxy',
    note: 'It costs work that nobody waits for; @fastify/http-proxy ends it by its headersTimeout.',
    rule: 'The connection to the upstream ends within two seconds; the timeouts are six seconds here.',
    async run(cell) {
      const { far, port } = await cell.behind(['stall'], { timeoutMs: 6_000 })
      const client = await cell.open(port)
      await client.write(GET)
      await far.waitForRequests(1)
      client.reset()
      return left(far, 'the upstream goes on working')
    },
  },
  {
    title: 'H-091 the client leaves in the middle of an endless reply: so does the proxy',
    rule: 'The connection to the upstream ends within two seconds.',
    async run(cell) {
      const { far, port } = await cell.behind([
        'waitBody',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
        ...Array(400).fill(['5\r\nhello\r\n', 10]).flat(),
      ])
      await cell.ask(port, [GET, 300, 'rst'])
      return left(far, 'the upstream goes on sending')
    },
  },
]
