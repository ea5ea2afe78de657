import {
  basicAuth,
  cache,
  cors,
  csrf,
  type Filter,
  type Handler,
  http1,
  idempotency,
  ipRules,
  maintenance,
  rateLimit,
  redirect,
  respond,
  trailingSlash,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { afterReplies, type RawStep, raw, sink } from '../support/index.js'
import { allRequests, chunked, type Edge, edgeTo, head, statuses } from './edge.js'

const EVIL = head('GET /evil HTTP/1.1', 'Host: a')
const NEXT = head('GET /next HTTP/1.1', 'Host: a')
const STORED = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok'
const KEYED = ['POST /x HTTP/1.1', 'Idempotency-Key: "k"']
const SITE = 'Origin: https://b.test'

interface Answer {
  readonly what: string
  readonly filter: Filter
  /** Request line and fields. @default POST /x */
  readonly lines?: readonly string[]
  readonly status: number
  /** Asks the same before, with this body, so that the reply is stored. */
  readonly warm?: string
}

const answers: readonly Answer[] = [
  // A GET with a body is not the question that a cache has the answer to, so that its body goes along.
  { what: 'a page that a cache has', filter: cache(), lines: ['GET /x HTTP/1.1'], status: 200, warm: '' },
  { what: 'the head of one', filter: cache(), lines: ['HEAD /x HTTP/1.1'], status: 200, warm: '' },
  { what: 'a reply that is given again', filter: idempotency(), lines: KEYED, status: 200, warm: EVIL },
  { what: 'a key of another request', filter: idempotency(), lines: KEYED, status: 422, warm: '' },
  { what: 'a missing credential', filter: basicAuth({ users: { ada: 'x' } }), status: 401 },
  { what: 'a denied address', filter: ipRules({ deny: ['127.0.0.1'] }), status: 403 },
  { what: 'a page elsewhere', filter: csrf(), lines: ['POST /x HTTP/1.1', SITE], status: 403 },
  { what: 'a limit', filter: rateLimit({ limit: 1, cost: 2 }), status: 429 },
  { what: 'maintenance', filter: maintenance({ active: true }), status: 503 },
  { what: 'a redirect', filter: answering(redirect({ to: '/y', status: 308 })), status: 308 },
  { what: 'a slash at the end', filter: trailingSlash({ mode: 'add' }), lines: ['GET /x HTTP/1.1'], status: 308 },
  { what: 'a reply of its own', filter: answering(respond({ json: {} })), status: 200 },
  {
    what: 'a preflight',
    filter: cors({ origin: 'https://b.test', methods: ['PUT'] }),
    lines: ['OPTIONS /x HTTP/1.1', SITE, 'Access-Control-Request-Method: PUT'],
    status: 204,
  },
  { what: 'OPTIONS *', filter: (exchange, next) => next(exchange), lines: ['OPTIONS * HTTP/1.1'], status: 204 },
]

const ways: readonly (readonly [how: string, steps: (lines: readonly string[]) => readonly RawStep[]])[] = [
  ['at once', (lines) => [`${head(...lines, `Content-Length: ${EVIL.length}`)}${EVIL}`]],
  ['late', (lines) => [head(...lines, `Content-Length: ${EVIL.length}`), 30, EVIL]],
  ['in chunks', (lines) => [head(...lines, 'Transfer-Encoding: chunked') + chunked(EVIL)]],
  ['in chunks, late', (lines) => [head(...lines, 'Transfer-Encoding: chunked'), 30, chunked(EVIL)]],
]

describe.each(answers)('$what, answered at the edge', ({ filter, lines = ['POST /x HTTP/1.1'], status, warm }) => {
  const asked = [...lines, 'Host: a']

  it.each(ways)('H-003 takes no byte of a body that comes %s for a request', async (_how, steps) => {
    await using far = await sink(['waitBody', STORED])
    await using edge = await edgeTo(far, () => http1(), { filters: [alone(filter)] })
    const methods = [lines[0]!.split(' ')[0]!, 'GET']
    if (warm !== undefined) {
      const before = `${head(...asked, `Content-Length: ${warm.length}`)}${warm}`
      await raw(edge.port, [before], { until: afterReplies(1, { methods }) })
    }
    const result = await raw(edge.port, [...steps(asked), NEXT], {
      until: afterReplies(2, { methods }),
      timeoutMs: 3_000,
    })
    const got = statuses(result, methods)
    expect(got[0]).toBe(status)
    expect(got.length > 1 || result.ended !== 'open').toBe(true)
    expect(targets(edge)).not.toContain('/evil')
    expect(allRequests(far).map(({ target }) => target)).not.toContain('/evil')
  })
})

function targets(edge: Edge): string[] {
  return edge.seen.map(({ target }) => target)
}

/** For `/x` alone, so that what follows is forwarded. */
function alone(filter: Filter): Filter {
  return (exchange, next) => (exchange.target.path === '/next' ? next(exchange) : filter(exchange, next))
}

function answering(handler: Handler): Filter {
  return (exchange) => handler(exchange)
}
