// What compressing a reply costs, and what it saves, next to expressjs/compression on the same forwarder and to nginx:
// `npm run build:js && node bench/compression.js [rounds] [seconds]`. JSON and HTML, 2 KB and 1 MB, asked by eight keep-alive clients.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
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
import { cpuMicros, family } from './support/proc.js'
import { createRandom, median } from './support/stats.js'
import { plainTable } from './support/table.js'
import { listening } from './support/upstream.js'

const SELF = fileURLToPath(import.meta.url)
const [role, ...rest] = process.argv.slice(2)
const CLIENTS = 8

const random = createRandom(7)
const word = () =>
  'order customer invoice address city pending active archived total price item the of and with'.split(' ')[
    (random() * 15) | 0
  ]
const words = (count) => Array.from({ length: count }, word).join(' ')
const record = () =>
  `${JSON.stringify({ id: (random() * 1e9) | 0, name: words(2), email: `${word()}${(random() * 1e4) | 0}@example.com`, total: +(random() * 1e4).toFixed(2), note: words(12), at: new Date(1.7e12 + random() * 1e10) })},\n`
const card = () =>
  `<div class="card card--${word()}" id="c${(random() * 1e6) | 0}"><h2>${words(2)}</h2><p>${words(20)}</p><a href="/${word()}/${(random() * 1e5) | 0}">${word()}</a></div>\n`
const fill = (length, part) => {
  let text = ''
  while (text.length < length) text += part()
  return Buffer.from(text.slice(0, length))
}
/** By path: what is sent, and as what. */
const PAGES = {
  '/json-2k': [fill(2_048, record), 'application/json'],
  '/html-2k': [fill(2_048, card), 'text/html'],
  '/json-1m': [fill(1 << 20, record), 'application/json'],
  '/html-1m': [fill(1 << 20, card), 'text/html'],
}
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync, identity: (bytes) => bytes }

/** What runs in a process of its own: `node bench/compression.js ROLE PORT`. */
const ROLES = {
  async upstream() {
    return serve((request, response) => {
      const [body, type] = PAGES[request.url]
      response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body)
    })
  },
  async edgewise(port) {
    const { compose, compress, forward } = await import('../dist/index.js')
    const { toNode } = await import('../dist/adapters/node.js')
    return serve(toNode(compose(compress(), forward(`http://127.0.0.1:${port}`))))
  },
  /** The same forwarder, compressed by the middleware that Express's users have. */
  async express(port) {
    const { forward } = await import('../dist/index.js')
    const { toExpress } = await import('../dist/adapters/express.js')
    const { default: express } = await import('express')
    const { default: compression } = await import('compression')
    const app = express().disable('x-powered-by')
    return serve(app.use(compression()).use(toExpress(forward(`http://127.0.0.1:${port}`))))
  },
  /** The clients: told a port, a path, a coding and a time, tell how much came. */
  async clients() {
    process.on('message', async (job) => process.send(await load(job).catch((error) => ({ error: String(error) }))))
    return 0
  },
}

async function load({ port, path, coding, ms }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS })
  const ask = (keep) =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, agent, headers: { 'accept-encoding': coding } }
      const request = http.get(options, (response) => {
        const parts = []
        let size = 0
        response.on('data', (part) => {
          size += part.length
          if (keep) parts.push(part)
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ size, coding: response.headers['content-encoding'] ?? 'identity', body: Buffer.concat(parts) }),
        )
      })
      request.on('error', reject)
    })
  const first = await ask(true)
  if (first.coding !== coding) throw new Error(`${path} came as ${first.coding}, not ${coding}`)
  if (!DECODE[coding](first.body).equals(PAGES[path][0])) throw new Error(`${path} in ${coding} is not what was sent`)
  let requests = 0
  let wire = 0
  const until = performance.now() + ms
  const worker = async () => {
    while (performance.now() < until) {
      const { size } = await ask(false)
      requests++
      wire += size
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, worker))
  agent.destroy()
  return { requests, wire }
}

if (role in ROLES) {
  process.on('disconnect', () => process.exit(0))
  process.send(await ROLES[role](Number(rest[0])))
} else {
  await run(Number(role ?? 5), Number(rest[0] ?? 2) * 1000)
}

async function run(rounds, ms) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-bench-compression-'))
  try {
    const upstream = await nextMessage(startNode(SELF, ['upstream'], LOAD_CORE), 10_000)
    const clients = startNode(SELF, ['clients'], LOAD_CORE)
    await nextMessage(clients, 10_000)
    const servers = {}
    for (const name of ['edgewise', 'express']) {
      const child = startNode(SELF, [name, String(upstream)], PROXY_CORE)
      servers[name] = { port: await nextMessage(child, 10_000), pids: [child.pid] }
    }
    if (versionOf('nginx', '-v') !== null) {
      for (const level of [1, 5])
        servers[`nginx ${level}`] = await nginx(join(folder, `nginx-${level}`), upstream, level)
    }
    const cells = [
      ['edgewise', ['identity', 'gzip', 'br', 'zstd']],
      ['express', ['identity', 'gzip', 'br']],
      ['nginx 1', ['identity', 'gzip']],
      ['nginx 5', ['gzip']],
    ].flatMap(([name, codings]) =>
      name in servers ? codings.map((coding) => ({ name, coding, ...servers[name] })) : [],
    )
    for (const path of Object.keys(PAGES)) {
      const rows = cells.map((cell) => ({ ...cell, taken: [] }))
      for (let round = 0; round <= rounds; round++) {
        for (let at = 0; at < rows.length; at++) {
          const row = rows[(at + round) % rows.length]
          const before = cpu(row)
          clients.send({ port: row.port, path, coding: row.coding, ms })
          const { requests, wire, error } = await nextMessage(clients, ms + 20_000)
          if (error !== undefined) throw new Error(`${row.name}: ${error}`)
          // The first round warms up. The request that was checked is one more.
          if (round > 0) row.taken.push({ wire: wire / requests, micros: (cpu(row) - before) / (requests + 1) })
        }
      }
      print(path, rows)
    }
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

/** Per row: bytes, the proxy's CPU time for a request, and what of that is the coding: the difference to its own plain replies. */
function print(path, rows) {
  const plain = PAGES[path][0].length
  const micros = ({ taken }) => median(taken.map((each) => each.micros))
  console.log(`\n${path}, ${plain} bytes`)
  const body = rows.map((row) => {
    const base = rows.find(({ name, coding }) => name.split(' ')[0] === row.name.split(' ')[0] && coding === 'identity')
    const own = (micros(row) - micros(base)) * (2 ** 20 / plain)
    const bytes = median(row.taken.map(({ wire }) => wire))
    const each = row.taken.map((one) => one.micros)
    return [
      `${row.name} ${row.coding}`,
      String(Math.round(bytes)),
      (plain / bytes).toFixed(2),
      micros(row).toFixed(0),
      `${Math.min(...each).toFixed(0)}–${Math.max(...each).toFixed(0)}`,
      row === base ? '–' : (own / 1000).toFixed(1),
    ]
  })
  console.log(plainTable(['proxy, coding', 'bytes', 'ratio', 'µs/request', 'range', 'ms CPU/MiB for the coding'], body))
}

function cpu({ pids }) {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
}

async function nginx(dir, upstream, level) {
  const port = await freePort()
  const { file, args } = nginxCommand(
    dir,
    `  gzip on;
  gzip_proxied any;
  gzip_comp_level ${level};
  gzip_min_length 1024;
  gzip_types application/json;
  upstream far {
    server 127.0.0.1:${upstream};
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://far;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
  )
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  await delay(50)
  return { port, pids: family(child.pid) }
}

async function serve(listener) {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
