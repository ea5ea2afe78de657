import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { eventually } from '../../support/eventually.js'

/** A real NGINX that hashes `x-key` over an upstream of ours. */
export interface HashingNginx extends AsyncDisposable {
  /** The `server` that each key was sent to, as NGINX names its address. */
  ask(keys: readonly string[]): Promise<string[]>
}

/** Whether the Debian program is installed. */
export function nginxFound(): boolean {
  return spawnSync('nginx', ['-v']).error === undefined
}

/**
 * Runs NGINX with `hash $http_x_key consistent` over these `server` lines, which answer themselves if they are sockets below `dir`.
 *
 * @param servers Makes the lines, given the folder for sockets.
 */
export async function hashingNginx(servers: (dir: string) => readonly string[]): Promise<HashingNginx> {
  const dir = await mkdtemp(join(tmpdir(), 'edgewise-nginx-'))
  // Started by root, NGINX's worker is somebody else.
  await chmod(dir, 0o755)
  const lines = servers(dir)
  const sockets = lines.flatMap((line) => /^unix:\S+/.exec(line)?.[0] ?? [])
  await writeFile(
    join(dir, 'config'),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log error;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${dir}/${name};`).join('\n')}
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
  server {
${sockets.map((socket) => `    listen ${socket};`).join('\n')}
    return 204;
  }
}`,
  )
  const running = spawn('nginx', ['-p', dir, '-c', `${dir}/config`, '-e', `${dir}/error.log`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  running.stderr.on('data', (text) => {
    said += text
  })
  const exit = new Promise<void>((resolve) => running.once('close', () => resolve()))
  const client = new Pool('http://127.0.0.1', { socketPath: join(dir, 'door'), connections: 16, pipelining: 1 })
  const stop = async (): Promise<void> => {
    await client.close()
    running.kill('SIGTERM')
    await exit
    await rm(dir, { recursive: true })
  }
  try {
    await eventually(() => opens(join(dir, 'door')), { timeoutMs: 10_000, what: 'nginx listens' })
  } catch (error) {
    await stop()
    throw new Error(said, { cause: error })
  }
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
    [Symbol.asyncDispose]: stop,
  }
}

function opens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
