// What a request of an HTTP/2 client costs, next to one of HTTP/1.1 and to nginx: h2load → proxy → nginx, small GETs, cleartext.
// `npm run build:js && node bench/http2.js [--rounds N] [--requests N]`. Wants h2load.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './proxies/nginx.js'
import { readArguments } from './support/arguments.js'
import { freePort, PROXY_CORE, start, stopAll, versionOf } from './support/children.js'
import { cpuRounds } from './support/cpu-rounds.js'
import { HTTP1, HTTP2, wantH2load } from './support/h2load.js'
import { family } from './support/proc.js'
import { startProxy } from './support/proxy-process.js'
import { listening, startUpstream } from './support/upstream.js'

const USAGE = `node bench/http2.js [--rounds N] [--requests N]
  --rounds N     interleaved rounds, after one that warms up (default 7)
  --requests N   in each round, of each row (default 20000)`

/** The first of those that forward is what the others are compared with. */
const ROWS = [
  { name: 'edgewise, HTTP/2', load: HTTP2, begin: (around) => startProxy('edgewise-http2', around) },
  { name: 'edgewise, HTTP/1.1', load: HTTP1, begin: (around) => startProxy('edgewise-node', around) },
  { name: 'nginx, HTTP/2', load: HTTP2, begin: (around) => startNginx(around, true) },
  { name: 'nginx, HTTP/1.1', load: HTTP1, begin: (around) => startNginx(around, false) },
  { name: 'node:http2 that answers', load: HTTP2, begin: (around) => startProxy('answer-http2', around) },
]

const { rounds, requests } = readArguments(USAGE, { numbers: { rounds: 1000, requests: 10_000_000 } })
wantH2load()
await run(rounds ?? 7, requests ?? 20_000)

async function run(count, each) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-http2-'))
  try {
    const upstream = await startUpstream('fastest', dir)
    const rows = []
    for (const { name, load, begin } of ROWS) {
      const proxy = await begin({ endpoints: upstream.endpoints, dir: join(dir, name.replace(/\W+/g, '-')) })
      if ('skip' in proxy) console.log(`${name}: skipped: ${proxy.skip}`)
      else rows.push({ name, load, proxy })
    }
    console.log(await cpuRounds(rows, { rounds: count, requests: each }))
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function startNginx({ endpoints, dir }, http2) {
  if (versionOf('nginx', '-v') === null) return { skip: 'not installed' }
  const port = await freePort()
  const { file, args } = command({ dir, port, endpoints, http2 })
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  return { port, pids: family(child.pid) }
}
