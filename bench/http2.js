// What a request of an HTTP/2 client costs, next to one of HTTP/1.1 and to nginx: h2load → proxy → nginx, small GETs, cleartext.
// `npm run build:js && node bench/http2.js [--rounds N] [--requests N]`. Wants h2load.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './proxies/nginx.js'
import { readArguments } from './support/arguments.js'
import { freePort, LOAD_CORE, PROXY_CORE, start, stopAll, versionOf } from './support/children.js'
import { cpuMicros, family } from './support/proc.js'
import { startProxy } from './support/proxy-process.js'
import { median } from './support/stats.js'
import { plainTable } from './support/table.js'
import { listening, startUpstream } from './support/upstream.js'

const USAGE = `node bench/http2.js [--rounds N] [--requests N]
  --rounds N     interleaved rounds, after one that warms up (default 7)
  --requests N   in each round, of each row (default 20000)`

/** The same 80 requests at a time: on 8 connections, or, where a connection carries one, on 80. */
const HTTP2 = ['-c', '8', '-m', '10']
const HTTP1 = ['-c', '80', '-m', '1', '--h1']

/** The first of those that forward is what the others are compared with. */
const ROWS = [
  { name: 'edgewise, HTTP/2', load: HTTP2, begin: (around) => startProxy('edgewise-http2', around) },
  { name: 'edgewise, HTTP/1.1', load: HTTP1, begin: (around) => startProxy('edgewise-node', around) },
  { name: 'nginx, HTTP/2', load: HTTP2, begin: (around) => startNginx(around, true) },
  { name: 'nginx, HTTP/1.1', load: HTTP1, begin: (around) => startNginx(around, false) },
  { name: 'node:http2 that answers', load: HTTP2, begin: (around) => startProxy('answer-http2', around) },
]

const { rounds, requests } = readArguments(USAGE, { numbers: { rounds: 1000, requests: 10_000_000 } })
if (versionOf('h2load', '--version') === null) throw new Error('h2load is not installed (Debian: nghttp2-client)')
await run(rounds ?? 7, requests ?? 20_000)

async function run(count, each) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-http2-'))
  try {
    const upstream = await startUpstream('fastest', dir)
    const rows = []
    for (const { name, load, begin } of ROWS) {
      const proxy = await begin({ endpoints: upstream.endpoints, dir: join(dir, name.replace(/\W+/g, '-')) })
      if ('skip' in proxy) console.log(`${name}: skipped: ${proxy.skip}`)
      else rows.push({ name, load, proxy, rounds: [] })
    }
    for (let round = 0; round <= count; round++) {
      for (let at = 0; at < rows.length; at++) {
        // Each begins in turn.
        const row = rows[(at + round) % rows.length]
        const before = cpu(row.proxy)
        const seconds = await load(row, each)
        // The first round warms up.
        if (round > 0) row.rounds.push({ us: (cpu(row.proxy) - before) / each, perSecond: each / seconds })
      }
    }
    print(rows)
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Sends that many requests, each of which must succeed; how long it took. */
async function load({ name, load, proxy }, requests) {
  const url = `http://127.0.0.1:${proxy.port}/api/items/1`
  const child = start('h2load', ['-n', String(requests), ...load, url], { core: LOAD_CORE, output: true })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  await once(child, 'close')
  const succeeded = Number(/(\d+) succeeded/.exec(text)?.[1])
  const codes = Number(/status codes: (\d+) 2xx/.exec(text)?.[1])
  if (succeeded !== requests || codes !== requests)
    throw new Error(`${name}: ${succeeded} of ${requests} succeeded, ${codes} with 2xx`)
  const [, took, unit] = /finished in ([\d.]+)(us|ms|s),/.exec(text)
  return Number(took) / { us: 1e6, ms: 1e3, s: 1 }[unit]
}

function print(rows) {
  const first = rows[0].rounds
  const cells = ({ name, rounds }) => {
    const us = rounds.map((round) => round.us)
    const ratio = median(rounds.map((round, at) => round.us / first[at].us))
    const range = `${Math.min(...us).toFixed(1)}–${Math.max(...us).toFixed(1)}`
    const rate = Math.round(median(rounds.map(({ perSecond }) => perSecond)))
    return [name, median(us).toFixed(1), range, ratio.toFixed(2), String(rate)]
  }
  console.log(plainTable(['', 'CPU µs per request', 'range', `× ${rows[0].name}`, 'requests/s'], rows.map(cells)))
}

function cpu({ pids }) {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
}

async function startNginx({ endpoints, dir }, http2) {
  if (versionOf('nginx', '-v') === null) return { skip: 'not installed' }
  const port = await freePort()
  const { file, args } = command({ dir, port, endpoints, http2 })
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  return { port, pids: family(child.pid) }
}
