import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Door, NGINX_HTTP, type Program, program } from '../../support/program.js'

/** A HAProxy that tells what it does. */
export interface CountingHaproxy extends Program {
  /** By `show stat`: sessions now, by server. */
  sessions(): Promise<ReadonlyMap<string, number>>
}

/** A server line's worth. */
export interface Served {
  readonly name: string
  readonly port: number
  readonly weight: number
}

/** NGINX with one worker, so that there is one sequence. */
export function nginx(servers: readonly Served[]): Promise<Program> {
  const lines = servers.map(({ port, weight }) => `server 127.0.0.1:${port} weight=${weight};`)
  const config = (dir: string): string => `worker_processes 1;
events { worker_connections 512; }
http {
  ${NGINX_HTTP}
  upstream items { ${lines.join(' ')} }
  server {
    listen unix:${dir}/door;
    location / { proxy_pass http://items; }
  }
}`
  return program('nginx', config)
}

/** HAProxy with one thread, so that there is one order of events. */
export async function haproxy(
  balance: 'roundrobin' | 'leastconn',
  servers: readonly Served[],
): Promise<CountingHaproxy> {
  const lines = servers.map(({ name, port, weight }) => `  server ${name} 127.0.0.1:${port} weight ${weight}`)
  const config = (dir: string): string => `global
  nbthread 1
  stats socket unix@${dir}/stats level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind unix@${dir}/door
  default_backend items
backend items
  balance ${balance}
${lines.join('\n')}
`
  const running = await program('haproxy', config)
  const sessions = async (): Promise<ReadonlyMap<string, number>> => {
    const rows = (await ask(join(running.dir, 'stats'), 'show stat items 4 -1\n')).trim().split('\n').slice(1)
    return new Map(rows.map((row) => row.split(',')).map((fields) => [fields[1]!, Number(fields[4])]))
  }
  return Object.assign(running, { sessions })
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
