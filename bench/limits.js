// node bench/limits.js: what a decision about a rate costs, and a key that is remembered, next to what people use today.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { contenders } from './limits/contenders.js'
import { readArguments } from './support/arguments.js'
import { nextMessage, PROXY_CORE, start, stopAll } from './support/children.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const WORKER = fileURLToPath(new URL('./limits/worker.js', import.meta.url))

const USAGE = `node bench/limits.js [options]   (after npm run build)
  --only TEXT   contenders whose names have it
  --rounds N    interleaved rounds (5)
  --seed N      of their order (1)
  --quick       one short round: does it run?
  --json FILE   write all that was measured`

const { quick, only, json, ...given } = readArguments(USAGE, {
  numbers: { rounds: 100, seed: 2 ** 32 - 1 },
  texts: ['only', 'json'],
  flags: ['quick'],
})
const rounds = given.rounds ?? (quick ? 1 : 5)
const random = createRandom(given.seed ?? 1)
const rows = contenders
  .filter(({ name }) => name.includes(only ?? ''))
  .map(({ name, decisions = 1_000_000 }) => ({ name, decisions: quick ? decisions / 10 : decisions, results: [] }))

process.on('SIGINT', () => stopAll().then(() => process.exit(130)))
process.on('SIGTERM', () => stopAll().then(() => process.exit(143)))
try {
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round}/${rounds}`)
    for (const row of shuffled(rows, random)) row.results.push(await measure(row))
  }
} finally {
  await stopAll()
}

const report = rows.map(({ name, results }) => ({
  name,
  perSecond: median(results.map(({ perSecond }) => perSecond)),
  bytes: median(results.map(({ bytes }) => bytes)),
  results,
}))
console.log(`
Medians of ${rounds} rounds, each in a process of its own: decisions per second of CPU time, on 100,000 keys in random order; bytes of the heap
for each key, its text included.
`)
console.log(
  plainTable(
    ['', 'decisions per CPU second', 'bytes per key'],
    report.map(({ name, perSecond, bytes }) => [name, Math.round(perSecond).toLocaleString('en'), bytes.toFixed(0)]),
  ),
)
if (json !== undefined) writeFileSync(json, JSON.stringify(report, null, 2))

async function measure({ name, decisions }) {
  const child = start(process.execPath, ['--expose-gc', WORKER, name, String(decisions)], {
    core: PROXY_CORE,
    ipc: true,
  })
  return nextMessage(child, 120_000)
}
