// node bench/shed.js: a server at three times what it can do, with shed() and without, next to itself with little to do.

import { fileURLToPath } from 'node:url'
import { readArguments } from './support/arguments.js'
import { LOAD_CORE, nextMessage, PROXY_CORE, startNode, stop, stopAll } from './support/children.js'
import { median, percentile } from './support/stats.js'
import { plainTable } from './support/table.js'

const LEAD_MS = 1_000
/** Milliseconds of the processor that each request takes. */
const WORK_MS = 2
const MAX_QUEUED_MS = 2

const KINDS = {
  handler: `${WORK_MS} ms of work in the handler`,
  later: `${WORK_MS} ms of work behind an await`,
  forward: `${WORK_MS} ms of work, then forward()`,
}

const USAGE = `node bench/shed.js [options]   (after npm run build:js)
  --rounds N   rounds, of which medians are shown (3)
  --seconds S  length of one measurement (4)
  --kind NAME  one of ${Object.keys(KINDS).join(', ')} (all)
  --seed N     of the load (1)`

const given = readArguments(USAGE, { numbers: { rounds: 50, seconds: 60, seed: 2 ** 31 }, texts: ['kind'] })
const { rounds, seconds, seed } = { rounds: given.rounds ?? 3, seconds: given.seconds ?? 4, seed: given.seed ?? 1 }
const kinds = Object.keys(KINDS).filter((kind) => given.kind === undefined || given.kind === kind)

async function leave(code) {
  await stopAll()
  process.exit(code)
}
process.on('SIGINT', () => leave(130))
process.on('SIGTERM', () => leave(143))

try {
  await leave(report(await measure()))
} catch (error) {
  console.error(error)
  await leave(1)
}

async function measure() {
  const upstream = await ask('shed/upstream.js', [], LOAD_CORE)
  const { child: client } = await ask('shed/client.js', [], LOAD_CORE)
  /** Each has a process of its own: an overload leaves thousands of dead requests to be worked off behind. */
  const one = async (kind, sheds, perSecond, round) => {
    const args = [kind, String(WORK_MS), String(sheds ? MAX_QUEUED_MS : 0), upstream.url]
    const { child, port } = await ask('shed/server.js', args, PROXY_CORE)
    client.send({ port, perSecond, seconds, leadMs: LEAD_MS, seed: seed + round })
    const { result, error } = await nextMessage(client, seconds * 1000 + 30_000)
    await stop(child)
    if (error !== undefined) throw new Error(`${kind}: ${error}`)
    return result
  }
  const rows = []
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      console.error(`round ${round + 1}/${rounds}: ${KINDS[kind]}`)
      const { perSecond: most } = await one(kind, false, undefined, round)
      const figures = {}
      for (const [name, sheds, load] of [
        ['unloaded', true, 0.2],
        ['bare', false, 3],
        ['shed', true, 3],
      ])
        figures[name] = figuresOf(await one(kind, sheds, most * load, round))
      rows.push({ kind, most, ...figures })
    }
  }
  return rows
}

function figuresOf({ latencies, shedLatencies, lost, lagMs }) {
  const sorted = Float64Array.from(latencies).sort()
  return {
    perSecond: sorted.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    shedP99: percentile(Float64Array.from(shedLatencies).sort(), 0.99),
    lost: Object.values(lost).reduce((sum, count) => sum + count, 0) / seconds,
    lagMs,
  }
}

function report(rows) {
  console.log(
    `\nAt 3 × what the server can do, open loop (Poisson), 256 connections; maxQueuedMs: ${MAX_QUEUED_MS}. Medians of ${rounds} rounds, range in brackets.\n`,
  )
  const body = kinds.flatMap((kind) => {
    const mine = rows.filter((row) => row.kind === kind)
    const line = (name, what, against) => [
      what,
      spread(
        mine.map((row) => row[name].perSecond / row.most),
        2,
      ),
      spread(
        mine.map((row) => row[name].p50),
        1,
      ),
      spread(
        mine.map((row) => row[name].p99),
        1,
      ),
      against
        ? spread(
            mine.map((row) => row[name].p99 / row.unloaded.p99),
            1,
          )
        : '–',
      spread(
        mine.map((row) => row[name].shedP99),
        1,
      ),
      spread(
        mine.map((row) => row[name].lost),
        0,
      ),
      spread(
        mine.map((row) => row[name].lagMs),
        1,
      ),
    ]
    return [
      line('unloaded', `${KINDS[kind]}: a fifth of it`, false),
      line('bare', '  3 ×, without shed()', true),
      line('shed', '  3 ×, with shed()', true),
    ]
  })
  const titles = [
    'load',
    'done, of the most',
    'p50 ms',
    'p99 ms',
    '× unloaded',
    'p99 of 503s',
    'no reply/s',
    'client late',
  ]
  console.log(plainTable(titles, body))
  const good = kinds.filter((kind) => {
    const mine = rows.filter((row) => row.kind === kind)
    const late = median(mine.map(({ shed, unloaded }) => shed.p99 / unloaded.p99))
    return late <= 2 && median(mine.map(({ shed, most }) => shed.perSecond / most)) >= 0.9
  })
  console.log(`\nWithin 2 × the unloaded p99 and above 90 % of the most: ${good.length} of ${kinds.length}.`)
  return good.length === kinds.length ? 0 : 1
}

/** Median and range of the rounds in which there was something to measure. */
function spread(all, digits) {
  const values = all.filter(Number.isFinite)
  if (values.length === 0) return '–'
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))
  return `${median(values).toFixed(digits)} (${least}–${most})`
}

/** Starts a script of ours and waits for what it has to say. */
async function ask(script, args, core) {
  const child = startNode(fileURLToPath(new URL(script, import.meta.url)), args, core)
  return { child, ...(await nextMessage(child, 30_000)) }
}
