import { type Attack, answer, GET, get } from '../attack.js'
import { notLeft, smuggled } from '../oracles.js'

/** Only /api/ is let through: what leaves must not lie elsewhere. */
function stays(title: string, paths: readonly string[]): Attack {
  return {
    title,
    rule: 'Only /api/ is let through. Refusing is right, and so is passing the bytes on as they came; rewriting them to a path elsewhere is not.',
    async run(cell) {
      const { far, port } = await cell.behind(answer, { prefix: '/api/' })
      await Promise.all(paths.map((path) => cell.ask(port, get(path))))
      const outside = far.requests.find(({ target }) => !target.startsWith('/api/'))
      return outside && `the upstream got ${outside.target}`
    },
  }
}

export const targets: readonly Attack[] = [
  stays('H-030 dot segments: /api/../admin', ['/api/../admin', '/api/./../admin', '/api/x/../../admin']),
  stays('H-031 encoded dot segments: /api/%2e%2e/admin', ['/api/%2e%2e/admin', '/api/.%2E/admin', '/api/%2e./admin']),
  stays('H-032 encoded and back slashes: /api/..%2fadmin, /api\\..\\admin', [
    '/api/..%2fadmin',
    '/api/..%5cadmin',
    '/api/..\\admin',
    '/api/x\\..\\..\\admin',
  ]),
  {
    title: 'H-014 a target that names another server: GET http://evil/…',
    rule: 'No connection goes to a server that the request names.',
    async run(cell) {
      const evil = await cell.stranger()
      const { port } = await cell.behind(answer)
      await cell.ask(port, `GET http://127.0.0.1:${evil.port}/api/x HTTP/1.1\r\nHost: a.example\r\n\r\n`)
      return evil.connections.length > 0 ? 'the named server was asked' : undefined
    },
  },
  {
    title: 'H-014 … and arrives as a path of its own',
    rule: 'Refused, or forwarded as the path it names (RFC 9112 section 3.2.2).',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(port, 'GET http://a.example/api/x HTTP/1.1\r\nHost: a.example\r\n\r\n')
      const target = far.requests[0]?.target
      return target === undefined || /^(?:http:\/\/a\.example)?\/api\/x$/.test(target)
        ? undefined
        : `the upstream got ${target}`
    },
  },
  {
    title: 'H-044 //evil/x, /\\evil/x, http:/evil: no server is taken from a path',
    rule: 'No connection goes to a server that the request names.',
    async run(cell) {
      const evil = await cell.stranger()
      const { port } = await cell.behind(answer)
      const host = `127.0.0.1:${evil.port}`
      await Promise.all(
        [`//${host}/x`, `/\\${host}/x`, `///${host}/x`, `/@${host}/x`, `/..//${host}/x`].map((path) =>
          cell.ask(port, get(path)),
        ),
      )
      return evil.connections.length > 0 ? 'the named server was asked' : undefined
    },
  },
  {
    title: 'H-015 CONNECT opens no tunnel',
    rule: 'No connection goes to a server that the request names.',
    async run(cell) {
      const evil = await cell.stranger()
      const { far, port } = await cell.behind(answer)
      const host = `127.0.0.1:${evil.port}`
      await cell.ask(port, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n${GET}`)
      return evil.connections.length > 0 ? 'the named server was asked' : smuggled(far)
    },
  },
  {
    title: 'H-040 malformed targets: /%, /%zz, /%c0%ae, //[, http://[::1: all answered, nothing dies',
    note: 'http-proxy-3 throws out of proxy.web(); a try around it, which its README does not show, keeps the process alive.',
    rule: 'Each is answered or its connection closed, and the next request works.',
    alone: true,
    async run(cell) {
      const { port } = await cell.behind(answer)
      const bad = ['/%', '/api/%zz', '/%c0%ae/', '//[', '//', 'http://[::1', '/api/%E0%A4%A', '/?%', '/:80', 'x', '/\\']
      for (const target of bad) {
        const finding = notLeft(await cell.ask(port, get(target)))
        if (finding) return `${target}: ${finding}`
      }
      return notLeft(await cell.ask(port, GET))
    },
  },
  {
    title: 'H-023 /api/%0d%0aX-Injected:%20y adds no field',
    rule: 'The upstream gets the escapes, or nothing.',
    async run(cell) {
      const { far, port } = await cell.behind(answer)
      await cell.ask(port, get('/api/%0d%0aX-Injected:%20y?%0d%0aX-Injected:%20y'))
      return far.requests.some((request) => request.header('x-injected'))
        ? 'the upstream got X-Injected'
        : smuggled(far)
    },
  },
  {
    title: 'H-047 the query arrives byte for byte',
    rule: 'Who reads the query behind the proxy must read what was checked in front of it.',
    async run(cell) {
      const query = '?a=1&a=2;b&__proto__[x]=1&q=%2F..%2f&r=a+b%20c&s=[x]&t=%7E~&=&&?'
      const { far, port } = await cell.behind(answer)
      await cell.ask(port, get(`/api/x${query}`))
      const target = far.requests[0]?.target
      return target === undefined || target === `/api/x${query}` ? undefined : `the upstream got ${target}`
    },
  },
]
