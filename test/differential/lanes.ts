import { child, freePort, installed, NGINX_HTTP, program, sourceLoader } from '../support/index.js'
import { type FarEnd, farEnd } from './far-end.js'
import { Probe } from './probe.js'

export type LaneName = 'http1' | 'httpProxy' | 'nginx' | 'haproxy'

/** A proxy with a recording upstream of its own. */
export interface Lane {
  readonly name: LaneName
  readonly port: number
  readonly far: FarEnd
  readonly probe: Probe
}

export interface Lanes extends AsyncDisposable {
  /** Edgewise's. */
  readonly ours: readonly [Lane, ...Lane[]]
  readonly nginx: Lane
  readonly haproxy: Lane
  /** @throws Error if Edgewise's process died or complained. */
  healthy(): Promise<void>
}

/** Whether it can be done here: each case comes from a loopback address of its own, of which other systems than Linux have one. */
export const RUNS: boolean = process.platform === 'linux' && installed('nginx') && installed('haproxy')

/** Starts nginx, HAProxy and Edgewise over two transports. */
export async function startLanes(): Promise<Lanes> {
  const owned: AsyncDisposable[] = []
  const own = <T extends AsyncDisposable>(one: T): T => {
    owned.push(one)
    return one
  }
  const close = async (): Promise<void> => {
    for (const one of owned.toReversed()) await one[Symbol.asyncDispose]()
  }
  const lane = (name: LaneName, port: number, far: FarEnd): Lane => {
    return { name, port, far, probe: own(new Probe(port)) }
  }
  try {
    const [first, second, third, fourth] = await Promise.all([farEnd(), farEnd(), farEnd(), farEnd()])
    for (const far of [first, second, third, fourth]) own(far)
    const app = await child(new URL('edgewise-app.ts', import.meta.url), {
      imports: [sourceLoader],
      args: [String(first.port), String(second.port)],
      readyTimeoutMs: 20_000,
    })
    own(app)
    const { ports } = app.messages[0] as { readonly ports: readonly [number, number] }
    const nginxPort = await freePort()
    own(await program('nginx', () => nginxConfig(nginxPort, third.port), { port: nginxPort }))
    const haproxyPort = await freePort()
    own(await program('haproxy', () => haproxyConfig(haproxyPort, fourth.port), { port: haproxyPort }))
    return {
      ours: [lane('http1', ports[0], first), lane('httpProxy', ports[1], second)] as const,
      nginx: lane('nginx', nginxPort, third),
      haproxy: lane('haproxy', haproxyPort, fourth),
      healthy: () => app.healthy(),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Proxying as its documentation shows it. A client that has sent its FIN is still answered, as HAProxy and the protocol have it. */
function nginxConfig(port: number, to: number): string {
  return `worker_processes 1;
events { worker_connections 4096; }
http {
  ${NGINX_HTTP}
  keepalive_requests 100000000;
  upstream far { server 127.0.0.1:${to} max_fails=0; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://far;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_ignore_client_abort on;
      proxy_next_upstream off;
    }
  }
}`
}

function haproxyConfig(port: number, to: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 2s
  timeout server 10s
  timeout http-request 2s
  retries 0
listen it
  bind 127.0.0.1:${port} backlog 1024
  http-request set-header X-Forwarded-For %[src]
  server far 127.0.0.1:${to}
`
}
