import http from 'node:http'
import { type Door, NGINX_HTTP, type Program, program } from '../../support/program.js'

/** What a proxy made of the fields that an upstream replied with. */
export interface Rewritten {
  readonly location: string | undefined
  readonly cookies: readonly string[]
}

/** An upstream's fields: `location` and `cookies` come back as they are asked for. */
export interface Wanted {
  readonly location?: string | undefined
  readonly cookies?: readonly string[] | undefined
}

/** Answers a request with the Location and the cookies that it names. */
export function repliesAsAsked(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { location, cookies } = JSON.parse(String(request.headers['x-wanted'])) as Wanted
  if (location !== undefined) response.setHeader('location', location)
  if (cookies !== undefined) response.setHeader('set-cookie', cookies)
  response.writeHead(location === undefined ? 200 : 302).end()
}

/** Asks for fields below `/one/`, by the name `a.test`. */
export function asks(door: Door, wanted: Wanted): Promise<Rewritten> {
  const headers = { host: 'a.test', 'x-wanted': JSON.stringify(wanted) }
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...door, host: '127.0.0.1', path: '/one/x', agent: false, headers }, (reply) => {
      reply.resume()
      reply.once('end', () => resolve({ location: reply.headers.location, cookies: reply.headers['set-cookie'] ?? [] }))
      reply.once('error', reject)
    })
    sent.once('error', reject)
    sent.end()
  })
}

/** NGINX with `/one/` for clients and `/two/` for the upstream, and lines about cookies. */
export function rewritingNginx(port: number, cookieLines: readonly string[]): Promise<Program> {
  return program(
    'nginx',
    (dir) => `worker_processes 1;
events { worker_connections 256; }
http {
  ${NGINX_HTTP}
  server {
    listen unix:${dir}/door;
    port_in_redirect off;
    location /one/ {
      proxy_pass http://127.0.0.1:${port}/two/;
      ${cookieLines.join('\n      ')}
    }
  }
}`,
  )
}
