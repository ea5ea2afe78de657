import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'

/** Where a proxy listens. */
export type Door = { readonly socketPath: string } | { readonly port: number }

/** A real proxy in a folder of its own. */
export interface RealProxy extends AsyncDisposable {
  readonly door: Door
  /** HAProxy's `show stat`: sessions now, by server. */
  sessions(): Promise<ReadonlyMap<string, number>>
}

/** A server line's worth. */
export interface Served {
  readonly name: string
  readonly port: number
  readonly weight: number
}

/** Whether a Debian program is installed. */
export function program(name: 'nginx' | 'haproxy'): boolean {
  return spawnSync(name, ['-v']).error === undefined
}

/** NGINX with one worker, so that there is one sequence. */
export async function nginx(servers: readonly Served[]): Promise<RealProxy> {
  const lines = servers.map(({ port, weight }) => `server 127.0.0.1:${port} weight=${weight};`)
  return start('nginx', (dir) => ({
    config: `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log error;
events { worker_connections 512; }
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${dir}/${name};`).join('\n')}
  upstream items { ${lines.join(' ')} }
  server {
    listen unix:${dir}/door;
    location = /ready { return 204; }
    location / { proxy_pass http://items; }
  }
}`,
    args: ['-p', dir, '-c', `${dir}/config`, '-e', `${dir}/error.log`],
  }))
}

/** HAProxy with one thread, so that there is one order of events. */
export async function haproxy(balance: 'roundrobin' | 'leastconn', servers: readonly Served[]): Promise<RealProxy> {
  const lines = servers.map(({ name, port, weight }) => `  server ${name} 127.0.0.1:${port} weight ${weight}`)
  return start('haproxy', (dir) => ({
    config: `global
  nbthread 1
  stats socket unix@${dir}/stats level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind unix@${dir}/door
  http-request return status 204 if { path /ready }
  default_backend items
backend items
  balance ${balance}
${lines.join('\n')}
`,
    args: ['-db', '-f', `${dir}/config`],
  }))
}

async function start(
  name: 'nginx' | 'haproxy',
  make: (dir: string) => { readonly config: string; readonly args: readonly string[] },
): Promise<RealProxy> {
  const dir = await mkdtemp(join(tmpdir(), `edgewise-${name}-`))
  // Started by root, NGINX's worker is somebody else.
  await chmod(dir, 0o755)
  const { config, args } = make(dir)
  await writeFile(join(dir, 'config'), config)
  const running = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  running.stdout.on('data', (text) => (said += text))
  running.stderr.on('data', (text) => (said += text))
  const exit = new Promise<void>((resolve) => running.once('close', () => resolve()))
  const door = { socketPath: join(dir, 'door') }
  const stop = async (): Promise<void> => {
    running.kill('SIGTERM')
    await exit
    await rm(dir, { recursive: true })
  }
  try {
    await eventually(async () => (await get(door, '/ready')).status === 204, {
      timeoutMs: 10_000,
      what: `${name} is up`,
    })
  } catch (error) {
    await stop()
    throw new Error(said, { cause: error })
  }
  return {
    door,
    sessions: async () => {
      const rows = (await ask(join(dir, 'stats'), 'show stat items 4 -1\n')).trim().split('\n').slice(1)
      return new Map(rows.map((row) => row.split(',')).map((fields) => [fields[1]!, Number(fields[4])]))
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** One request on a connection of its own. */
export function get(door: Door, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...door, host: '127.0.0.1', path, agent: false }, (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('data', (text) => (body += text))
      reply.once('end', () => resolve({ status: reply.statusCode!, body }))
      reply.once('error', reject)
    })
    sent.once('error', reject)
    sent.end()
  })
}

function ask(socketPath: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(socketPath, () => socket.write(question))
    socket.setEncoding('utf8').on('data', (text) => (answer += text))
    socket.once('end', () => resolve(answer))
    socket.once('error', reject)
  })
}
