import { freePort, NGINX_HTTP, type Program, program } from '../support/index.js'
import type { Site } from './front.js'

/** The `server` of NGINX, for the page as well. */
export const NGINX_CONFIG = `map $http_upgrade $to_upgrade { default ''; ~*^websocket$ websocket; }
map $http_upgrade $to_connection { default ''; ~*^websocket$ upgrade; }
upstream far { server TARGET; keepalive 16; }
server {
  listen 127.0.0.1:PORT;
  location PREFIX {
    proxy_pass http://far;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $to_upgrade;
    proxy_set_header Connection $to_connection;
    proxy_set_header X-Tenant edge;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_connect_timeout TIMEOUT;
    proxy_read_timeout TIMEOUT;
    proxy_send_timeout TIMEOUT;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
  }
}`

/** What stands in HAProxy's configuration, for the page as well. */
export const HAPROXY_CONFIG = `defaults
  mode http
  timeout connect TIMEOUT
  timeout client 10s
  timeout server TIMEOUT
  timeout tunnel 3s
  retries 0
  option abortonclose
  option forwardfor
frontend in
  bind 127.0.0.1:PORT
  http-request deny deny_status 404 unless { path_beg PREFIX }
  http-request del-header Upgrade unless { hdr(Upgrade) -i websocket }
  http-request set-header X-Tenant edge
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  default_backend far
backend far
  server far TARGET
`

const CONFIGS = {
  nginx: (site: string) => `worker_processes 1;
events { worker_connections 4096; }
http {
${NGINX_HTTP}
client_max_body_size 0;
${site}
}`,
  haproxy: (site: string) => `global
  nbthread 1
  maxconn 4000
${site}`,
}

/** Starts NGINX or HAProxy for one site. */
export async function startControl(
  kind: 'nginx' | 'haproxy',
  { target, prefix, timeoutMs }: Site,
): Promise<{ readonly program: Program; readonly port: number }> {
  const port = await freePort()
  const site = (kind === 'nginx' ? NGINX_CONFIG : HAPROXY_CONFIG)
    .replace('TARGET', new URL(target).host)
    .replace('PORT', String(port))
    .replace('PREFIX', prefix)
    .replaceAll('TIMEOUT', `${timeoutMs}ms`)
  return { program: await program(kind, () => CONFIGS[kind](site), { port }), port }
}
