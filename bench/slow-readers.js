// What a thousand clients cost that read slowly: `npm run build:js && node bench/slow-readers.js [--readers N] [--seconds S]`. Each asks for
// 10 MB and takes 16 KiB of it four times a second, so that none is done before the end; the proxy's memory is looked at all the while.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readArguments } from './support/arguments.js'
import { stopAll } from './support/children.js'
import { requestHead } from './support/http-text.js'
import { cpuMicros, memoryMiB } from './support/proc.js'
import { startProxy } from './support/proxy-process.js'
import { mean } from './support/stats.js'
import { plainTable } from './support/table.js'
import { startUpstream } from './support/upstream.js'

const USAGE = `node bench/slow-readers.js [--readers N] [--seconds S]
  --readers N   clients that read slowly (default 1000)
  --seconds S   how long they are looked at (default 20)`

const PROXIES = ['relay', 'edgewise-node', 'http-proxy-middleware', 'fastify-http-proxy', 'nginx']
const PIECE = 16 * 1024
const EVERY_MS = 250
const SAMPLE_MS = 100
const HEAD = requestHead({ method: 'GET', path: '/api/files/large.bin' })

const { readers, seconds } = readArguments(USAGE, { numbers: { readers: 5_000, seconds: 120 } })
await run(readers ?? 1_000, (seconds ?? 20) * 1_000)

async function run(count, ms) {
  const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-slow-'))
  chmodSync(dir, 0o755)
  const rows = []
  try {
    const upstream = await startUpstream('fastest', dir)
    for (const name of PROXIES) {
      const proxy = await startProxy(name, { endpoints: upstream.endpoints, dir: join(dir, name) })
      if ('skip' in proxy) console.log(`${name}: skipped: ${proxy.skip}`)
      else rows.push(await look(name, proxy, count, ms))
      await proxy.stop?.()
    }
  } finally {
    await stopAll()
    rmSync(dir, { recursive: true, force: true })
  }
  console.log(
    `${count} clients that read ${(PIECE * 1_000) / EVERY_MS / 1024} KiB a second; memory of the proxy in MiB over ${ms / 1_000} s; flat: the drift within the second half.\n`,
  )
  console.log(
    plainTable(
      ['proxy', 'before', 'second half', 'drift', 'KiB per reader', 'CPU ms per s', 'lost'],
      rows.map(({ name, before, late, drift, cpuMsPerSecond, lost }) => [
        name,
        before.toFixed(0),
        `${Math.min(...late).toFixed(0)}–${Math.max(...late).toFixed(0)}`,
        drift.toFixed(1),
        (((mean(late) - before) * 1024) / count).toFixed(0),
        cpuMsPerSecond.toFixed(0),
        String(lost),
      ]),
    ),
  )
  process.exit(0)
}

async function look(name, { port, pids }, count, ms) {
  const memory = () => pids.reduce((sum, pid) => sum + memoryMiB(pid).now, 0)
  const cpu = () => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
  const before = memory()
  const state = { lost: 0, over: false }
  const sockets = Array.from({ length: count }, () => slowReader(port, state))
  const half = []
  const cpuBefore = cpu()
  for (const until = performance.now() + ms; performance.now() < until; ) {
    await delay(SAMPLE_MS)
    if (performance.now() > until - ms / 2) half.push(memory())
  }
  const cpuMsPerSecond = (cpu() - cpuBefore) / ms
  state.over = true
  for (const socket of sockets) socket.destroy()
  const middle = half.length >> 1
  const drift = mean(half.slice(middle)) - mean(half.slice(0, middle))
  return { name, before, late: half, drift, cpuMsPerSecond, lost: state.lost }
}

function slowReader(port, state) {
  const buffer = Buffer.alloc(PIECE)
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: () => rest() } })
  const rest = () => {
    setTimeout(() => socket.resume(), EVERY_MS)
    return false
  }
  socket.on('connect', () => socket.write(HEAD))
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!state.over) state.lost++
  })
  return socket
}
