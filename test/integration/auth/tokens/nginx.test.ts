import http from 'node:http'
import { compose, forward, forwardAuth } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Door, installed, NGINX_HTTP, type Program, program, upstream } from '../../../support/index.js'
import { guarded } from './guarded.js'

/** What came of a request that a service was asked about. */
interface Outcome {
  readonly status: number | undefined
  readonly challenge: string | undefined
  /** Whom the upstream was told of; `null` if it was not asked. */
  readonly user: string | undefined | null
  /** The question: method, target, length, what was asked for, and the client's credentials. */
  readonly question: readonly (string | undefined)[]
}

interface Row {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly fields?: Readonly<Record<string, string>>
  /** The service's status, and fields. */
  readonly says: number
  readonly with?: Readonly<Record<string, string>>
}

const ROWS: readonly Row[] = [
  { says: 200, with: { 'x-user': 'ada' } },
  { says: 204, with: { 'x-user': 'ada' }, fields: { 'x-user': 'root', authorization: 'Basic YTpi', cookie: 'a=1' } },
  { says: 201, fields: { 'x-user': 'root' } },
  { says: 200, path: '/a/b?c=%2f&d', method: 'POST', body: 'hello' },
  { says: 200, method: 'DELETE', path: '/x' },
  { says: 200, method: 'HEAD' },
  { says: 401, with: { 'www-authenticate': 'Basic realm="there"' } },
  { says: 401 },
  { says: 403, with: { 'www-authenticate': 'Basic realm="there"' } },
  { says: 403, method: 'POST', body: 'hello' },
  { says: 302, with: { location: 'http://login.test/' } },
  ...[304, 400, 404, 407, 429, 500, 502, 503].map((says) => ({ says })),
]

function nginxAsking(service: number, far: number): Promise<Program> {
  return program(
    'nginx',
    (dir) => `worker_processes 1;
events { worker_connections 256; }
http {
  ${NGINX_HTTP}
  server {
    listen unix:${dir}/door;
    location / {
      auth_request /ask;
      auth_request_set $user $upstream_http_x_user;
      proxy_set_header X-User $user;
      proxy_pass http://127.0.0.1:${far};
    }
    location = /ask {
      internal;
      proxy_pass http://127.0.0.1:${service}/check?x=1;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-Method $request_method;
    }
  }
}`,
  )
}

function asks(door: Door, { method = 'GET', path = '/', body = '', fields, says, with: more }: Row) {
  const told = JSON.stringify({ says, more })
  return new Promise<http.IncomingMessage>((resolve, reject) => {
    const headers = { host: 'a.test', 'x-told': told, ...(body && { 'content-length': body.length }), ...fields }
    const sent = http.request({ ...door, host: '127.0.0.1', method, path, agent: false, headers }, (reply) => {
      reply.resume()
      reply.once('end', () => resolve(reply))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

describe.skipIf(!installed('nginx'))('next to auth_request of nginx', () => {
  it('a service’s answers mean the same, and it is asked the same', async () => {
    await using service = await upstream((request, response) => {
      const { says, more } = JSON.parse(String(request.headers['x-told'])) as { says: number; more?: object }
      response.writeHead(says, { ...more }).end()
    })
    await using far = await upstream()
    await using nginx = await nginxAsking(service.port, far.port)
    const filter = forwardAuth({ url: `${service.url}/check?x=1`, requestHeaders: ['X-User'] })
    await using edge = await guarded(() => filter, { handler: compose(forward(far.url)) })

    const outcome = async (door: Door, row: Row): Promise<Outcome> => {
      const before = far.hits
      const reply = await asks(door, row)
      const { method, url, headers } = service.requests.at(-1)!
      return {
        status: reply.statusCode,
        challenge: reply.headers['www-authenticate'],
        user: far.hits === before ? null : (far.requests.at(-1)!.headers['x-user'] as string | undefined),
        question: [
          ...[method, url, headers['content-length'], headers['transfer-encoding']],
          ...[headers['x-original-method'], headers['x-original-uri'], headers.authorization, headers.cookie].map(
            String,
          ),
        ],
      }
    }
    for (const row of ROWS) {
      const theirs = await outcome(nginx.door, row)
      expect([row, await outcome({ port: edge.port }, row)]).toEqual([row, theirs])
    }
  })

  it('a service that is not there is a 500', async () => {
    const gone = await upstream()
    await gone.stop()
    await using far = await upstream()
    await using nginx = await nginxAsking(gone.port, far.port)
    await using edge = await guarded((events) => forwardAuth({ url: gone.url, events }), { handler: forward(far.url) })
    for (const door of [nginx.door, { port: edge.port }]) expect((await asks(door, { says: 200 })).statusCode).toBe(500)
    expect([far.hits, edge.whys]).toEqual([0, ['the service gave no answer (ERR_EDGE_CONNECT)']])
  })
})
