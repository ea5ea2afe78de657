// The three upstream endpoints: nginx when it is installed (so that the proxies, not the upstream, are the limit),
// else Node.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, LOAD_CORE, nextMessage, start, startNode, stop, versionOf } from './children.js'
import { nginxCommand } from './nginx.js'
import { CACHE_FIELDS, LARGE_BYTES, MEDIUM_BYTES, SMALL_BODY, wholeBody } from './payload.js'

/**
 * @param {'fastest' | 'node'} wanted a scenario whose upstream must read bodies asks for 'node'
 * @param {string} dir a folder of ours
 * @param {boolean} http2 speaks cleartext HTTP/2 instead; only nginx does
 */
export async function startUpstream(wanted, dir, http2 = false) {
  const version = wanted === 'fastest' ? versionOf('nginx', '-v') : null
  if (version === null && http2) throw new Error('an HTTP/2 upstream wants nginx')
  return version === null ? inNode() : withNginx(version, dir, http2 ? ' http2' : '')
}

async function inNode() {
  const child = startNode(fileURLToPath(new URL('./upstream-node.js', import.meta.url)), [], LOAD_CORE)
  const { ports } = await nextMessage(child, 10_000)
  return { name: `Node ${process.version}`, endpoints: ports.map(toUrl), stop: () => stop(child) }
}

async function withNginx(version, dir, protocol) {
  const files = join(dir, 'files')
  mkdirSync(files, { recursive: true })
  chmodSync(files, 0o755)
  writeFileSync(join(files, 'large.bin'), wholeBody(LARGE_BYTES))
  writeFileSync(join(files, 'medium.json'), wholeBody(MEDIUM_BYTES))
  const ports = [await freePort(), await freePort(), await freePort()]
  const { file, args } = nginxCommand(
    join(dir, 'nginx'),
    `  server {
${ports.map((port) => `    listen 127.0.0.1:${port} backlog=1024${protocol};`).join('\n')}
    etag off;
    default_type application/json;
    add_header Cache-Control "private, max-age=30";
    add_header ETag '"5f3c1b2a"';
    add_header Vary Accept-Encoding;
    location = /healthz { return 200 '"ok"'; }
    location /api/files/ { default_type application/octet-stream; alias ${files}/; }
${Object.entries(CACHE_FIELDS).map(cacheLocation).join('\n')}
    location / { return 200 '${SMALL_BODY}'; }
  }`,
  )
  const child = start(file, args, { core: LOAD_CORE })
  await Promise.all(ports.map((port) => listening(port, child)))
  return { name: `nginx ${version}`, endpoints: ports.map(toUrl), stop: () => stop(child) }
}

function cacheLocation([path, fields]) {
  const added = Object.entries({ ETag: '"5f3c1b2a"', ...fields }).map(
    ([name, value]) => `add_header ${name} '${value}';`,
  )
  return `    location = ${path} { ${added.join(' ')} return 200 '${SMALL_BODY}'; }`
}

/**
 * Resolves when somebody listens.
 * @param {number} port
 * @param {import('node:child_process').ChildProcess} child whose port it is
 */
export async function listening(port, child) {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    if (child.exitCode !== null) break
    await delay(50)
  }
  throw new Error(`did not listen on port ${port}: ${child.complaint.trim() || 'no message'}`)
}

const toUrl = (port) => `http://127.0.0.1:${port}`
