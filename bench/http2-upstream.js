// What a request to an HTTP/2 upstream costs, next to one to an HTTP/1.1 upstream and to haproxy, which can do both:
// h2load → proxy → nginx, small GETs, cleartext. `npm run build:js && node bench/http2-upstream.js [--rounds N] [--requests N]`. Wants h2load and nginx.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './proxies/haproxy.js'
import { readArguments } from './support/arguments.js'
import { freePort, PROXY_CORE, start, stopAll, versionOf } from './support/children.js'
import { cpuRounds } from './support/cpu-rounds.js'
import { HTTP1, HTTP2, wantH2load } from './support/h2load.js'
import { family } from './support/proc.js'
import { startProxy } from './support/proxy-process.js'
import { listening, startUpstream } from './support/upstream.js'

const USAGE = `node bench/http2-upstream.js [--rounds N] [--requests N]
  --rounds N     interleaved rounds, after one that warms up (default 7)
  --requests N   in each round, of each row (default 20000)`

/** Client's side → upstream's side; the first is what the others are compared with. */
const ROWS = [
  { name: 'edgewise, 1.1 → 1.1', load: HTTP1, to: 'http1', begin: (around) => startProxy('edgewise-node', around) },
  { name: 'edgewise, 1.1 → 2', load: HTTP1, to: 'http2', begin: (around) => startProxy('edgewise-to-http2', around) },
  { name: 'edgewise, 2 → 1.1', load: HTTP2, to: 'http1', begin: (around) => startProxy('edgewise-http2', around) },
  { name: 'edgewise, 2 → 2', load: HTTP2, to: 'http2', begin: (around) => startProxy('edgewise-http2-both', around) },
  { name: 'haproxy, 1.1 → 1.1', load: HTTP1, to: 'http1', begin: (around) => startHaproxy(around, false, false) },
  // Not haproxy from 1.1 to 2: h2load does not count its status lines, which then have no reason phrase.
  { name: 'haproxy, 2 → 1.1', load: HTTP2, to: 'http1', begin: (around) => startHaproxy(around, true, false) },
  { name: 'haproxy, 2 → 2', load: HTTP2, to: 'http2', begin: (around) => startHaproxy(around, true, true) },
]

const { rounds, requests } = readArguments(USAGE, { numbers: { rounds: 1000, requests: 10_000_000 } })
wantH2load()
await run({ rounds: rounds ?? 7, requests: requests ?? 20_000 })

async function run(settings) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-http2-upstream-'))
  try {
    const upstreams = {
      http1: await startUpstream('fastest', join(dir, 'http1')),
      http2: await startUpstream('fastest', join(dir, 'http2'), true),
    }
    const rows = []
    for (const { name, load, to, begin } of ROWS) {
      const proxy = await begin({ endpoints: upstreams[to].endpoints, dir: join(dir, name.replace(/\W+/g, '-')) })
      if ('skip' in proxy) console.log(`${name}: skipped: ${proxy.skip}`)
      else rows.push({ name, load, proxy })
    }
    console.log(await cpuRounds(rows, settings))
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function startHaproxy({ endpoints, dir }, fromHttp2, toHttp2) {
  if (versionOf('haproxy', '-v') === null) return { skip: 'not installed' }
  const port = await freePort()
  const { file, args } = command({ dir, port, endpoints, fromHttp2, toHttp2 })
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  return { port, pids: family(child.pid) }
}
