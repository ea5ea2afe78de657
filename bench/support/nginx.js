// What an nginx of ours needs wherever it serves: no daemon, no root, nothing written outside its folder.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TEMPS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/**
 * Writes the configuration and says how to run it.
 * @param {string} dir an empty folder of ours
 * @param {string} http the directives inside `http { … }`
 * @param {number} connections most that its worker may have, to both sides
 */
export function nginxCommand(dir, http, connections = 8192) {
  mkdirSync(dir, { recursive: true })
  chmodSync(dir, 0o755) // started by root, the worker is somebody else
  const config = join(dir, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log error;
events { worker_connections ${connections}; }
http {
${TEMPS.map((name) => `  ${name}_temp_path ${dir}/${name};`).join('\n')}
  access_log off;
  client_max_body_size 0;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  sendfile on;
  tcp_nodelay on;
${http}
}
`,
  )
  return { file: 'nginx', args: ['-p', dir, '-c', config, '-e', join(dir, 'error.log')] }
}
