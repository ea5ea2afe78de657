import { type Attack, answer, get, ok } from '../attack.js'
import type { Cell } from '../cell.js'
import { notLeft, repliesOf, stray } from '../oracles.js'

/** What the upstream got of one request; undefined if it was refused. */
async function arrived(cell: Cell, request: string) {
  const { far, port } = await cell.behind(answer)
  await cell.ask(port, request)
  return far.requests[0]
}

export const fields: readonly Attack[] = [
  {
    title: 'H-012 two Host fields that differ',
    rule: 'A 400 (RFC 9112 section 3.2, a MUST).',
    async run(cell) {
      const request = await arrived(cell, get('/api/x', 'Host: b.example'))
      return request && `forwarded, as Host: ${request.header('host')}`
    },
  },
  {
    title: 'H-050 a field that Connection names ends here',
    note: 'nginx and HAProxy pass such fields on as well.',
    rule: 'RFC 9110 section 7.6.1, a MUST.',
    async run(cell) {
      const request = await arrived(cell, get('/api/x', 'Connection: X-Of-This-Hop', 'X-Of-This-Hop: 1'))
      return request?.header('x-of-this-hop') && 'the upstream got X-Of-This-Hop'
    },
  },
  {
    title: 'H-051 Connection names a field that the proxy sets, to have it removed',
    rule: 'The upstream gets the field, and Connection does not name it, lest the next hop removes it.',
    async run(cell) {
      const request = await arrived(cell, get('/api/x', 'Connection: close, X-Tenant'))
      if (request === undefined) return undefined
      if (request.header('x-tenant') !== 'edge') return 'the upstream got no X-Tenant'
      const connection = request.header('connection') ?? ''
      return /tenant/i.test(connection) ? `the upstream got Connection: ${connection}` : undefined
    },
  },
  {
    title: 'H-020 H-064 Expect: 100-continue and a forged X-Tenant, which a hook sets',
    note: 'http-proxy-3, httpxy and http-proxy-middleware pass over their proxyReq hook when Expect is there; what their headers option sets is not affected.',
    rule: 'The field that the configuration sets is set on each request.',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(
        port,
        `POST /api/x HTTP/1.1\r\nHost: a.example\r\nX-Tenant: forged\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
      )
      const tenant = far.requests[0]?.header('x-tenant')
      return far.requests.length > 0 && tenant !== 'edge' ? `the upstream got X-Tenant: ${tenant}` : undefined
    },
  },
  {
    title: 'H-020 Expect: 100-continue, and the body only after an answer',
    rule: 'The client gets a 100 or a final answer, and in the end its reply.',
    async run(cell) {
      const { port } = await cell.behind(answer)
      const client = await cell.open(port)
      await client.write('POST /api/x HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
      const answered = await client.waitFor(/HTTP\/1\.1 \d/, 2_500).catch(() => undefined)
      if (answered === undefined) return client.ended === 'open' ? 'the client waits for its 100' : undefined
      await client.write('hi').catch(() => {})
      const done = await client.waitFor(/HTTP\/1\.1 [2-5]\d\d/, 2_500).catch(() => undefined)
      return done === undefined && client.ended === 'open' ? 'the client is left without an answer' : undefined
    },
  },
  {
    title: 'H-060 a forged X-Forwarded-For is not the last word',
    note: "httpxy's xfwd writes X-Forwarded-* only where the client has written none.",
    rule: 'The last address is the one that the proxy saw; it may stand behind what came, or alone.',
    needs: 'xfwd',
    async run(cell) {
      const request = await arrived(cell, get('/api/x', 'X-Forwarded-For: 6.6.6.6'))
      const chain = request?.header('x-forwarded-for')?.split(/\s*,\s*/)
      return request && !/127\.0\.0\.1/.test(chain?.at(-1) ?? '')
        ? `the upstream got X-Forwarded-For: ${chain}`
        : undefined
    },
  },
  {
    title: 'H-061 forged X-Forwarded-Host and X-Forwarded-Proto are not passed on as the truth',
    rule: 'What the proxy writes about the client is what it saw.',
    needs: 'xfwd',
    async run(cell) {
      const request = await arrived(cell, get('/api/x', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https'))
      const host = request?.header('x-forwarded-host')
      if (host === 'evil.example') return `the upstream got X-Forwarded-Host: ${host}`
      const proto = request?.header('x-forwarded-proto')
      return proto?.startsWith('https') ? `the upstream got X-Forwarded-Proto: ${proto}` : undefined
    },
  },
  {
    title: 'H-025 fields called __proto__, constructor, hasOwnProperty',
    rule: 'The request is answered and nothing dies.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind(answer)
      return notLeft(await cell.ask(port, get('/api/x', '__proto__: x', 'constructor: y', 'hasOwnProperty: z')))
    },
  },
  {
    title: 'H-069 Trailer on a GET, and trailers called Content-Length, Host, X-Tenant',
    rule: 'Trailers never become header fields (RFC 9110 section 6.5.1), and nothing dies.',
    alone: true,
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(port, get('/api/x', 'Trailer: X-Sum'))
      const chunked =
        'POST /api/x HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nTrailer: X-Tenant\r\n\r\n2\r\nhi\r\n0\r\n'
      await cell.ask(
        port,
        `${chunked}X-Tenant: forged\r\nX-Real-User: root\r\nHost: evil\r\nContent-Length: 9\r\n\r\n`,
        { hold: 300 },
      )
      const late = far.requests.find((request) => request.header('x-real-user') || request.header('host') === 'evil')
      return late ? 'a trailer arrived as a field' : stray(far)
    },
  },
  {
    title: 'H-071 three Set-Cookie fields and two Cookie fields stay what they are',
    rule: 'Set-Cookie is never joined by commas (RFC 9110 section 5.3), Cookie only by "; " (RFC 6265 section 5.4).',
    async run(cell) {
      const { far, port } = await cell.behind([
        'waitBody',
        ok('ok', 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3\r\n'),
      ])
      const result = await cell.ask(port, get('/api/x', 'Cookie: a=1', 'Cookie: b=2'))
      const set = repliesOf(result).replies[0]?.headers.filter(([name]) => name.toLowerCase() === 'set-cookie') ?? []
      if (set.length !== 3) return `the client got ${set.length} Set-Cookie fields`
      const cookies = far.requests[0]?.headers
        .filter(([name]) => name.toLowerCase() === 'cookie')
        .map(([, value]) => value)
      return ['a=1; b=2', 'a=1,b=2'].includes(String(cookies)) ? undefined : `the upstream got Cookie: ${cookies}`
    },
  },
]
