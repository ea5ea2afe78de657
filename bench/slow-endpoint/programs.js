// NGINX and HAProxy in front of the ten endpoints, with each method on a port of its own.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, PROXY_CORE, start, versionOf } from '../support/children.js'
import { nginxCommand } from '../support/nginx.js'
import { model } from '../support/slow-model.js'
import { listening } from '../support/upstream.js'

/** @typedef {{ name: string, port: number }} Front */

/** @param {readonly string[]} hosts @param {string} dir @returns {Promise<Front[]>} */
export async function startNginx(hosts, dir) {
  if (versionOf('nginx', '-v') === null) return []
  const methods = [
    { name: 'nginx, round robin', directive: '' },
    { name: 'nginx, least_conn', directive: 'least_conn;' },
    { name: 'nginx, random two', directive: 'random two least_conn;' },
  ]
  const fronts = await withPorts(methods)
  const command = nginxCommand(
    join(dir, 'nginx'),
    fronts
      .map(
        ({ directive, port }, at) => `  upstream method${at} {
    ${directive}
${hosts.map((host) => `    server ${host} max_conns=${model.maxConnections} max_fails=0;`).join('\n')}
    keepalive 256;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://method${at};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
      )
      .join('\n'),
  )
  return started(command, fronts)
}

/** @param {readonly string[]} hosts @param {string} dir @returns {Promise<Front[]>} */
export async function startHaproxy(hosts, dir) {
  if (versionOf('haproxy', '-v') === null) return []
  const methods = ['roundrobin', 'leastconn', 'random(2)'].map((method) => ({ name: `haproxy, ${method}`, method }))
  const fronts = await withPorts(methods)
  const folder = join(dir, 'haproxy')
  const config = join(folder, 'haproxy.cfg')
  mkdirSync(folder)
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout queue 10s
  timeout client 60s
  timeout server 60s
  http-reuse always
${fronts
  .map(
    ({ method, port }) => `listen port${port}
  bind 127.0.0.1:${port}
  balance ${method}
${hosts.map((host, at) => `  server s${at} ${host} maxconn ${model.maxConnections}`).join('\n')}
`,
  )
  .join('')}`,
  )
  return started({ file: 'haproxy', args: ['-db', '-f', config] }, fronts)
}

async function withPorts(methods) {
  const fronts = []
  for (const method of methods) fronts.push({ ...method, port: await freePort() })
  return fronts
}

async function started({ file, args }, fronts) {
  const child = start(file, args, { core: PROXY_CORE })
  for (const { port } of fronts) await listening(port, child)
  return fronts
}
