// node bench/stores.js: what a cache's store costs in memory, and in Redis over each client next to the client's own plain command.
// Run npm run build before.

import { writeFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { memoryStore } from '../dist/index.js'
import { redisConnection, redisStore } from '../dist/redis/index.js'
import { readArguments } from './support/arguments.js'
import { LOAD_CORE, stopAll } from './support/children.js'
import { startRedis } from './support/redis.js'
import { createRandom, median, percentile, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/stores.js [options]   (after npm run build)
  --rounds N    interleaved rounds (5)
  --seed N      of their order (1)
  --quick       one short round: does it run?
  --json FILE   write all that was measured`

const { quick, json, ...given } = readArguments(USAGE, {
  numbers: { rounds: 100, seed: 2 ** 32 - 1 },
  texts: ['json'],
  flags: ['quick'],
})
const rounds = given.rounds ?? (quick ? 1 : 5)
const random = createRandom(given.seed ?? 1)
const KEEP = 60_000
const KEYS = 256
const SIZES = [1_024, 65_536]
const BATCH = 64

const urls = Array.from({ length: KEYS }, (_, at) => `https://example.com/articles/${at}?page=1`)
const fields = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`x-field-${at}`, `value of field ${at}`]))

const entryOf = (size) => ({
  variant: '',
  vary: ['accept-encoding'],
  selecting: { __proto__: null, 'accept-encoding': 'gzip' },
  status: 200,
  headers: { __proto__: null, ...fields },
  body: new Uint8Array(size).fill(7),
  part: null,
  requestedAt: Date.now(),
  receivedAt: Date.now(),
  tags: [],
})

process.on('SIGINT', () => stopAll().then(() => process.exit(130)))
process.on('SIGTERM', () => stopAll().then(() => process.exit(143)))
const closers = []
let rows
try {
  rows = [...memoryRows(), ...(await redisRows())]
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round}/${rounds}`)
    for (const row of shuffled(rows, random)) row.results.push(await row.measure())
  }
} finally {
  for (const close of closers) close()
  await stopAll()
}

const report = rows.map(({ name, results }) => {
  const of = (kind) => median(results.map((result) => result[kind]))
  return { name, p50: of('p50'), p99: of('p99'), perSecond: of('perSecond'), cpu: of('cpu') }
})
console.log(`
Medians of ${rounds} rounds. Latency with one at a time, operations and CPU of this process with ${BATCH} at once.
`)
console.log(
  plainTable(
    ['operation', 'p50 µs', 'p99 µs', 'per second', 'CPU µs'],
    report.map(({ name, p50, p99, perSecond, cpu }) => [
      name,
      p50.toFixed(p50 < 10 ? 2 : 0),
      p99.toFixed(p99 < 10 ? 2 : 0),
      perSecond.toFixed(0),
      cpu.toFixed(cpu < 10 ? 2 : 0),
    ]),
  ),
)
if (json) writeFileSync(json, `${JSON.stringify({ node: process.version, report, rows }, null, 2)}\n`)

function memoryRows() {
  return SIZES.flatMap((size) => {
    const store = memoryStore({ maxBytes: 2 * KEYS * (size + 4_096) })
    const entry = entryOf(size)
    for (const url of urls) store.put(url, entry, KEEP)
    const runs = quick ? 10_000 : 200_000
    return [
      syncRow(`memory get ${size}`, runs, (at) => store.get(urls[at % KEYS])),
      syncRow(`memory put ${size}`, runs, (at) => store.put(urls[at % KEYS], entry, KEEP)),
    ]
  })
}

async function redisRows() {
  const { port } = await startRedis(LOAD_CORE)
  const at = { port, host: '127.0.0.1' }
  const [ioredis, iovalkey, nodeRedis] = [new Redis(at), new Valkey(at), createClient({ socket: at })]
  nodeRedis.on('error', () => {})
  await nodeRedis.connect()
  closers.push(
    () => ioredis.disconnect(),
    () => iovalkey.disconnect(),
    () => nodeRedis.destroy(),
  )
  const found = []
  for (const [name, client, plain] of [
    ['ioredis', ioredis, (key) => ioredis.getBuffer(key)],
    ['iovalkey', iovalkey, (key) => iovalkey.getBuffer(key)],
    ['redis', nodeRedis, (key) => nodeRedis.sendCommand(['GET', key], { typeMapping: { 36: Buffer } })],
  ]) {
    const connection = redisConnection(client, { name, timeoutMs: 5_000, keyPrefix: `${name}:` })
    closers.unshift(() => connection.close())
    for (const size of SIZES) {
      const store = redisStore(connection, { name: String(size) })
      const [entry, tagged] = [entryOf(size), { ...entryOf(size), tags: ['a', 'b'] }]
      for (const url of urls) await store.put(url, entry, KEEP * 60)
      if ((await store.get(urls[0])).length !== 1) throw new Error(`${name} stores nothing`)
      const key = `plain:${size}`
      await ioredis.set(key, Buffer.alloc(size, 'x'))
      found.push(
        asyncRow(`${name} GET ${size}, plain`, () => plain(key)),
        asyncRow(`${name} get ${size}`, (at) => store.get(urls[at % KEYS])),
        asyncRow(`${name} put ${size}`, (at) => store.put(urls[at % KEYS], entry, KEEP * 60)),
        asyncRow(`${name} put ${size}, 2 tags`, (at) => store.put(urls[at % KEYS], tagged, KEEP * 60)),
      )
    }
  }
  return found
}

function syncRow(name, runs, act) {
  const measure = async () => {
    for (let at = 0; at < runs / 10; at++) act(at)
    const cpuBefore = process.cpuUsage()
    const begun = performance.now()
    for (let at = 0; at < runs; at++) act(at)
    const took = performance.now() - begun
    const cpu = micros(process.cpuUsage(cpuBefore)) / runs
    // One call is too short for the clock: its distribution is that of hundreds.
    const times = new Float64Array(200)
    for (let turn = 0; turn < times.length; turn++) {
      const from = performance.now()
      for (let at = 0; at < 100; at++) act(at)
      times[turn] = (performance.now() - from) * 10
    }
    times.sort()
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), perSecond: (runs / took) * 1_000, cpu }
  }
  return { name, measure, results: [] }
}

function asyncRow(name, act) {
  const [single, batches] = quick ? [200, 10] : [2_000, 60]
  const measure = async () => {
    for (let at = 0; at < 100; at++) await act(at)
    const times = new Float64Array(single)
    for (let at = 0; at < single; at++) {
      const from = performance.now()
      await act(at)
      times[at] = (performance.now() - from) * 1_000
    }
    times.sort()
    const cpuBefore = process.cpuUsage()
    const begun = performance.now()
    for (let batch = 0; batch < batches; batch++)
      await Promise.all(Array.from({ length: BATCH }, (_, at) => act(batch + at)))
    const took = performance.now() - begun
    const operations = batches * BATCH
    return {
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      perSecond: (operations / took) * 1_000,
      cpu: micros(process.cpuUsage(cpuBefore)) / operations,
    }
  }
  return { name, measure, results: [] }
}

function micros({ user, system }) {
  return user + system
}
