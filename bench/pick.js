// node bench/pick.js: what a pick costs, in ns and bytes, with few and many endpoints, all of them up and half of them down.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readArguments } from './support/arguments.js'
import { nextMessage, PROXY_CORE, start, stop, stopAll } from './support/children.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { strategies } from './support/strategies.js'
import { plainTable } from './support/table.js'

const WORKER = fileURLToPath(new URL('./support/pick-worker.js', import.meta.url))
/** A young generation in which all that a measurement allocates has room, so that no collection falls into it. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']
const COUNTS = [3, 100, 3000]
/** From 3 to 3,000 endpoints: the caches alone make a step slower by some, log n by 7; whoever looks at all, by 1000. */
const MOST_GROWTH = { 'O(1)': 8, 'O(log n)': 20, 'O(full)': Number.POSITIVE_INFINITY }
/** Less is what the compiler leaves, not an object for each pick: that would be 12 and more. */
const NO_BYTES = 1

const USAGE = `node bench/pick.js [options]   (after npm run build)
  --only NAMES  ${strategies.map(({ name }) => name).join('; ')}
  --rounds N    interleaved rounds (5)
  --seed N      of their order (1)
  --quick       one short round: does it run?
  --json FILE   write all that was measured`

const { quick, only, json, ...given } = readArguments(USAGE, {
  numbers: { rounds: 100, seed: 2 ** 32 - 1 },
  texts: ['only', 'json'],
  flags: ['quick'],
})
const settings = {
  strategies: chosen(only),
  rounds: given.rounds ?? (quick ? 1 : 5),
  turns: quick ? 100_000 : 1_000_000,
  seed: given.seed ?? 1,
}
const random = createRandom(settings.seed)
const rows = settings.strategies.flatMap(({ name, cost }) =>
  weightsOf(name).map((weights) => ({ name, cost, weights, results: [] })),
)

process.on('SIGINT', () => stopAll().then(() => process.exit(130)))
process.on('SIGTERM', () => stopAll().then(() => process.exit(143)))
try {
  for (let round = 1; round <= settings.rounds; round++) {
    console.error(`round ${round}/${settings.rounds}`)
    for (const { name } of shuffled(settings.strategies, random)) await measure(name)
  }
} finally {
  await stopAll()
}

console.log(`
A pick, with what the pool tells the balancer of it: lent, and one that ended. Medians of ${settings.rounds} rounds; ns with 3, 100 and 3,000 endpoints.
`)
const report = rows.map(summary)
console.log(
  plainTable(
    [
      'strategy',
      ...COUNTS.map((count) => `${count} up`),
      'growth',
      ...COUNTS.map((count) => `${count} half down`),
      'growth',
      'bytes',
      'wanted',
      '',
    ],
    report.map((row) => [
      row.weights === 'equal' ? row.name : `${row.name}, ${row.weights}`,
      ...row.up.map((ns) => ns.toFixed(0)),
      `× ${row.upGrowth.toFixed(1)}`,
      ...row.down.map((ns) => ns.toFixed(0)),
      `× ${row.downGrowth.toFixed(1)}`,
      row.bytes.toFixed(1),
      row.wanted,
      row.good ? 'ok' : 'NOT OK',
    ]),
  ),
)
if (json) writeFileSync(json, `${JSON.stringify({ node: process.version, report, rows }, null, 2)}\n`)
process.exitCode = report.every(({ good }) => good) ? 0 : 1

async function measure(name) {
  const own = rows.filter((row) => row.name === name)
  const cases = own.flatMap(({ weights }) =>
    COUNTS.flatMap((count) => [false, true].map((halfDown) => ({ count, weights, halfDown, turns: settings.turns }))),
  )
  const child = start(process.execPath, [...FLAGS, WORKER], { core: PROXY_CORE, ipc: true })
  child.send({ name, cases: shuffled(cases, random) })
  const { results, error } = await nextMessage(child, 120_000)
  await stop(child)
  if (error !== undefined) throw new Error(`${name}: ${error}`)
  for (const row of own) row.results.push(...results.filter(({ weights }) => weights === row.weights))
}

function summary({ name, cost, weights, results }) {
  const of = (count, halfDown) => results.filter((each) => each.count === count && each.halfDown === halfDown)
  const ns = (halfDown) => COUNTS.map((count) => median(of(count, halfDown).map((each) => each.ns)))
  const [up, down] = [ns(false), ns(true)]
  const bytes = Math.max(
    ...COUNTS.flatMap((count) => [false, true].map((half) => median(of(count, half).map((each) => each.bytes)))),
  )
  const [upGrowth, downGrowth] = [up, down].map((each) => each.at(-1) / each[0])
  // Past what is laid out as a sequence, turns go by a heap.
  const wanted = weights === 'weights to 65535' ? 'O(log n)' : cost
  const good = Math.max(upGrowth, downGrowth) <= MOST_GROWTH[wanted] && bytes <= NO_BYTES
  return { name, weights, wanted, up, down, upGrowth, downGrowth, bytes, good }
}

function weightsOf(name) {
  return name === 'roundRobin' ? ['equal', 'weights 1 to 7', 'weights to 65535'] : ['equal']
}

/** @param {string | undefined} only */
function chosen(only) {
  const names = only?.split(/; */)
  const found = strategies.filter(({ name }) => names === undefined || names.includes(name))
  if (found.length > 0) return found
  console.error(`there is no strategy ${only}\n\n${USAGE}`)
  return process.exit(2)
}
