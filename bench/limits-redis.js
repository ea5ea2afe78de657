// node bench/limits-redis.js [rounds] [ms]: what a decision in Redis costs, in CPU time of the process that asks and of Redis, and a key
// there, in bytes, next to express-rate-limit with rate-limit-redis and to rate-limiter-flexible. Each contender is a process of its own;
// one Redis serves all in turn. Run npm run build before.

import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { REDIS_CONTENDERS } from './limits/redis-contenders.js'
import { LOAD_CORE, nextMessage, PROXY_CORE, startNode, stopAll } from './support/children.js'
import { cpuMicros } from './support/proc.js'
import { startRedis } from './support/redis.js'
import { createRandom, mean, median } from './support/stats.js'
import { plainTable } from './support/table.js'

const SELF = fileURLToPath(import.meta.url)
const random = createRandom(1)
/** Addresses of all IPv4, as long as such are. */
const KEYS = Array.from({ length: 1_000 }, () =>
  [223, 256, 256, 256].map((below, at) => Math.floor(random() * below) + (at === 0 ? 1 : 0)).join('.'),
)
const SCENARIOS = [
  { what: 'admitted, 64 at once', limit: 10_000, workers: 64 },
  { what: 'denied, 64 at once', limit: 1, workers: 64 },
  { what: 'admitted, one at a time', limit: 10_000, workers: 1 },
]

const [first, ...rest] = process.argv.slice(2)
if (first === 'contender') await contend(rest[0], Number(rest[1]))
else await run(Number(first ?? 5), Number(rest[0] ?? 1_000))

async function run(rounds, ms) {
  const { port, pid } = await startRedis(LOAD_CORE)
  try {
    const bytes = await bytesOfKeys(port)
    for (const scenario of SCENARIOS) {
      const rows = []
      for (const name of Object.keys(REDIS_CONTENDERS)) {
        const child = startNode(SELF, ['contender', name, String(port)], PROXY_CORE)
        await nextMessage(child, 20_000)
        rows.push({ name, child, ours: [], theirs: [] })
      }
      for (let round = 0; round <= rounds; round++) {
        // Each begins in turn; the first round warms up.
        for (let at = 0; at < rows.length; at++) {
          const row = rows[(at + round) % rows.length]
          const before = [cpuMicros(row.child.pid), cpuMicros(pid)]
          row.child.send({ ...scenario, ms: round === 0 ? ms / 4 : ms })
          const decisions = await nextMessage(row.child, ms + 20_000)
          if (round === 0) continue
          row.ours.push((cpuMicros(row.child.pid) - before[0]) / decisions)
          row.theirs.push((cpuMicros(pid) - before[1]) / decisions)
        }
      }
      for (const { child } of rows) child.disconnect()
      report(scenario.what, rows, rounds, bytes)
    }
  } finally {
    await stopAll()
  }
  process.exit(0)
}

/** MEMORY USAGE of a key with its first unit, the mean of all. */
async function bytesOfKeys(port) {
  const admin = new Redis({ host: '127.0.0.1', port })
  const bytes = new Map()
  for (const [name, make] of Object.entries(REDIS_CONTENDERS)) {
    // A bucket of few units is not full again, and gone, before it is measured.
    const { decide, close } = make(port, 10)
    for (const key of KEYS) await decide(key)
    close()
    const sizes = await Promise.all((await admin.keys('*')).map((key) => admin.memory('USAGE', key)))
    bytes.set(name, mean(sizes))
    await admin.flushall()
  }
  admin.disconnect()
  return bytes
}

function report(what, rows, rounds, bytes) {
  const perSecond = (micros) => Math.round(1e6 / median(micros)).toLocaleString('en')
  console.log(
    `\n${what}: CPU time of a decision in µs (range), and decisions per CPU second; medians of ${rounds} rounds. Bytes of a key with its first unit.\n`,
  )
  console.log(
    plainTable(
      ['limiter', 'process', 'range', 'per CPU s', 'Redis', 'range', 'per CPU s', 'bytes'],
      rows.map(({ name, ours, theirs }) => [
        name,
        ...[ours, theirs].flatMap((each) => [
          median(each).toFixed(1),
          `${Math.min(...each).toFixed(1)}–${Math.max(...each).toFixed(1)}`,
          perSecond(each),
        ]),
        bytes.get(name).toFixed(0),
      ]),
    ),
  )
}

/** One limiter: told for how long and with how many askers, tells how many decisions it made. */
async function contend(name, port) {
  const limiters = new Map()
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ limit, workers, ms }) => {
    if (!limiters.has(limit)) limiters.set(limit, REDIS_CONTENDERS[name](port, limit))
    const { decide } = limiters.get(limit)
    const until = performance.now() + ms
    let count = 0
    const work = async () => {
      while (performance.now() < until) await decide(KEYS[count++ % KEYS.length])
    }
    await Promise.all(Array.from({ length: workers }, work))
    process.send(count)
  })
  process.send(0)
}
