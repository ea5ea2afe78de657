import { Pool } from 'undici'
import { NGINX_HTTP, program } from '../../support/program.js'

/** A real NGINX that hashes `x-key` over an upstream of ours. */
export interface HashingNginx extends AsyncDisposable {
  /** The `server` that each key was sent to, as NGINX names its address. */
  ask(keys: readonly string[]): Promise<string[]>
}

/**
 * Runs NGINX with `hash $http_x_key consistent` over these `server` lines, which answer themselves if they are sockets below `dir`.
 *
 * @param servers Makes the lines, given the folder for sockets.
 */
export async function hashingNginx(servers: (dir: string) => readonly string[]): Promise<HashingNginx> {
  const running = await program('nginx', (dir) => configOf(dir, servers(dir)))
  const client = new Pool('http://127.0.0.1', { ...running.door, connections: 16, pipelining: 1 })
  return {
    async ask(keys) {
      const answers: string[] = []
      let next = 0
      const worker = async (): Promise<void> => {
        while (next < keys.length) {
          const at = next++
          const reply = await client.request({ method: 'GET', path: '/', headers: { 'x-key': keys[at]! } })
          await reply.body.dump()
          answers[at] = String(reply.headers['x-server'])
        }
      }
      await Promise.all(Array.from({ length: 16 }, worker))
      return answers
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      await running.stop()
    },
  }
}

function configOf(dir: string, lines: readonly string[]): string {
  const sockets = lines.flatMap((line) => /^unix:\S+/.exec(line)?.[0] ?? [])
  return `worker_processes 1;
events { worker_connections 1024; }
http {
  ${NGINX_HTTP}
  keepalive_requests 1000000;
  upstream keyed {
    hash $http_x_key consistent;
${lines.map((line) => `    server ${line};`).join('\n')}
    keepalive 32;
  }
  server {
    listen unix:${dir}/door;
    location / {
      proxy_pass http://keyed; proxy_http_version 1.1; proxy_set_header Connection "";
      add_header x-server $upstream_addr;
    }
  }
  ${sockets.length === 0 ? '' : `server { ${sockets.map((socket) => `listen ${socket};`).join(' ')} return 204; }`}
}`
}
