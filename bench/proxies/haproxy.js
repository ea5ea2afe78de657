// haproxy, one thread, connections to the upstreams shared by all clients.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param {{ dir: string, port: number, endpoints: string[], fromHttp2?: boolean, toHttp2?: boolean }} options cleartext HTTP/2 on either side */
export function command({ dir, port, endpoints, fromHttp2 = false, toHttp2 = false }) {
  const folder = join(dir, 'proxy-haproxy')
  const config = join(folder, 'haproxy.cfg')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 2048
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
frontend in
  bind 127.0.0.1:${port}${fromHttp2 ? ' proto h2' : ''}
  default_backend items
backend items
  balance roundrobin
${endpoints.map((url, index) => `  server s${index} ${new URL(url).host}${toHttp2 ? ' proto h2' : ''}`).join('\n')}
`,
  )
  return { file: 'haproxy', args: ['-db', '-f', config] }
}
