import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { accessLog, createGateway, EventHub, respond } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { eventually, freePort, installed, NGINX_HTTP, program, raw } from '../../support/index.js'

const head = (fields = '', line = 'GET /users/1?page=2 HTTP/1.1'): string =>
  `${line}\r\nHost: a.test\r\nConnection: close\r\n${fields}\r\n`

/** Requests as bytes, which both log. */
const REQUESTS: readonly (readonly [what: string, bytes: string])[] = [
  ['a plain one', head('User-Agent: curl/8.1\r\nReferer: https://a.test/x\r\n')],
  ['none of the fields', head()],
  ['an empty field', head('User-Agent:\r\n')],
  ['quotes and backslashes', head('User-Agent: a "b" \\c\r\nReferer: https://a.test/"\r\n')],
  ['a tab', head('User-Agent: a\tb\r\n')],
  ['C1 controls', head('User-Agent: \x9b31m\x80\r\n')],
  ['UTF-8, with U+2028', head(`User-Agent: J\xc3\xb6rg \xe2\x80\xa8\r\n`)],
  ['a quote in the query', head('', 'GET /x?q="%0d%0a HTTP/1.1')],
  ['HEAD', head('', 'HEAD /x HTTP/1.1')],
  ['HTTP/1.0', head('', 'GET /x HTTP/1.0')],
]

describe.skipIf(!installed('nginx'))('next to nginx’s access log', () => {
  it('H-195 writes the same lines, byte by byte, in the format combined', async () => {
    const port = await freePort()
    await using nginx = await program(
      'nginx',
      () => `worker_processes 1;
events { worker_connections 64; }
http {
  ${NGINX_HTTP}
  server {
    listen 127.0.0.1:${port};
    access_log access.log combined;
    location / { return 200 'ok'; }
  }
}`,
      { port },
    )
    const events = new EventHub()
    const lines: string[] = []
    using _log = accessLog({ events, format: 'combined', write: (line) => lines.push(line) })
    await using gateway = createGateway({ events, routes: [{ path: '/**', handler: respond({ body: 'ok' }) }] })
    const server = createServer(toNode(gateway)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      for (const [what, bytes] of REQUESTS) {
        await raw(port, bytes)
        await raw((server.address() as AddressInfo).port, bytes)
        const theirs = (await readFile(join(nginx.dir, 'access.log'), 'latin1')).trimEnd().split('\n').at(-1)
        await eventually(() => lines.length > 0)
        expect(`${what}: ${untimed(lines.pop())}`).toBe(`${what}: ${untimed(theirs)}`)
      }
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

/** Both read their own clock. */
function untimed(line = ''): string {
  return line.replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/, '[time]')
}
