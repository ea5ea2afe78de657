// What a request costs that the cache answers, or that it lets through, next to the bare relay and to NGINX's own cache:
// `npm run build:js && node bench/cache.js [rounds] [seconds]`. The request is the one of small-get: 12 fields, 90 bytes of JSON.
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  freePort,
  LOAD_CORE,
  nextMessage,
  PROXY_CORE,
  start,
  startNode,
  stopAll,
  versionOf,
} from './support/children.js'
import { nginxCommand } from './support/nginx.js'
import { SMALL_BODY } from './support/payload.js'
import { family } from './support/proc.js'
import { startProxy } from './support/proxy-process.js'
import { median } from './support/stats.js'
import { plainTable } from './support/table.js'
import { listening } from './support/upstream.js'

const SELF = fileURLToPath(import.meta.url)
const [role, ...rest] = process.argv.slice(2)

/** What the upstream says, by path. */
const SAID = {
  '/kept': { 'Cache-Control': 'public, max-age=3600' },
  '/kept/varied': { 'Cache-Control': 'public, max-age=3600', Vary: 'Accept-Encoding, Accept-Language' },
  '/unkept': { 'Cache-Control': 'no-store' },
  // Stale when it comes: asked for and stored again with each request.
  '/restored': { 'Cache-Control': 'public, max-age=60', Age: '60' },
}
const FIELDS = {
  Server: 'upstream',
  'Content-Type': 'application/json',
  'Content-Length': Buffer.byteLength(SMALL_BODY),
  ETag: '"5f3c1b2a"',
  'Last-Modified': 'Tue, 24 Nov 2026 10:00:00 GMT',
}

/** What runs in a process of its own: `node bench/cache.js ROLE UPSTREAM`. */
const ROLES = {
  async upstream() {
    return listen((request, response) => response.writeHead(200, { ...FIELDS, ...SAID[request.url] }).end(SMALL_BODY))
  },
  /** A gateway as small-get has it, with and without a cache in front of the same routes. */
  cached: (url) => gateway(url, ({ cache }) => [cache()]),
  plain: (url) => gateway(url, () => []),
}

const ROWS = [
  { name: 'relay', path: '/kept' },
  { name: 'Node answering itself', server: 'upstream', path: '/kept' },
  { name: 'Edgewise, no cache', server: 'plain', path: '/kept' },
  { name: 'Edgewise, hit', server: 'cached', path: '/kept' },
  { name: 'Edgewise, hit by Vary on two fields', server: 'cached', path: '/kept/varied' },
  { name: 'Edgewise, miss, not stored', server: 'cached', path: '/unkept' },
  { name: 'Edgewise, checked and stored again', server: 'cached', path: '/restored' },
  { name: 'nginx proxy_cache, hit', server: 'nginx', path: '/kept' },
]

if (role in ROLES) {
  process.on('disconnect', () => process.exit(0))
  process.send(await ROLES[role](...rest))
} else {
  await run(Number(role ?? 5), Number(rest[0] ?? 2) * 1000)
}

async function run(rounds, windowMs) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-cache-'))
  chmodSync(dir, 0o755)
  try {
    const upstream = `http://127.0.0.1:${await nextMessage(startNode(SELF, ['upstream'], LOAD_CORE), 10_000)}`
    const client = startNode(fileURLToPath(new URL('./support/load-client.js', import.meta.url)), [], LOAD_CORE)
    await nextMessage(client, 10_000)
    const servers = new Map()
    const rows = []
    for (const { name, server = name, path } of ROWS) {
      if (!servers.has(server)) servers.set(server, await startServer(server, upstream, dir))
      const running = servers.get(server)
      if (running !== null) rows.push({ name, path, ...running, taken: [] })
    }
    for (let round = 0; round <= rounds; round++) {
      // Each begins in turn.
      for (let at = 0; at < rows.length; at++) {
        const row = rows[(at + round) % rows.length]
        client.send({
          port: row.port,
          pids: row.pids,
          connections: 64,
          request: { method: 'GET', path: row.path },
          expected: { status: 200, body: SMALL_BODY },
          leadMs: 250,
          windowMs,
          requests: null,
        })
        const { result, error } = await nextMessage(client, windowMs + 30_000)
        if (error !== undefined) throw new Error(`${row.name}: ${error}`)
        // The first round warms up.
        if (round > 0) row.taken.push(result)
      }
    }
    print(rows)
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
  process.exit(0)
}

function print(rows) {
  const cpu = ({ cpuUs, requests }) => cpuUs / requests
  const [base] = rows
  const lines = rows.map(({ name, taken }) => {
    const costs = taken.map(cpu)
    const ratios = taken.map((result, at) => cpu(result) / cpu(base.taken[at]))
    const range = `${Math.min(...costs).toFixed(1)}–${Math.max(...costs).toFixed(1)}`
    const perSecond = median(taken.map(({ requests, seconds }) => requests / seconds))
    return [name, median(costs).toFixed(1), range, median(ratios).toFixed(2), perSecond.toFixed(0)]
  })
  console.log(plainTable(['', 'CPU µs/req', 'range', '× relay', 'req/s'], lines))
}

async function startServer(name, upstream, dir) {
  if (name === 'nginx') return nginx(upstream, dir)
  if (name === 'relay') {
    const { port, pids } = await startProxy('relay', { endpoints: [upstream], dir })
    return { port, pids }
  }
  // One core for all that is measured, another for what loads it.
  const child = startNode(SELF, [name, upstream], PROXY_CORE)
  return { port: await nextMessage(child, 10_000), pids: [child.pid] }
}

async function nginx(upstream, dir) {
  if (versionOf('nginx', '-v') === null) return null
  const port = await freePort()
  const { file, args } = nginxCommand(
    join(dir, 'nginx'),
    `  proxy_cache_path ${dir}/nginx/cache keys_zone=kept:1m;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass ${upstream};
      proxy_cache kept;
      add_header Cache-Status $upstream_cache_status;
    }
  }`,
  )
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  // Its cache loader ends a minute after it began.
  const pids = family(child.pid).filter((pid) => !readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('loader'))
  return { port, pids }
}

async function gateway(url, filters) {
  const edgewise = await import('../dist/index.js')
  const { toNode } = await import('../dist/adapters/node.js')
  const { createGateway, createPool, forward } = edgewise
  const pool = createPool({ name: 'far', endpoints: [url] })
  return listen(
    toNode(createGateway({ filters: filters(edgewise), routes: [{ path: '/**', handler: forward({ pool }) }] })),
  )
}

async function listen(listener) {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
