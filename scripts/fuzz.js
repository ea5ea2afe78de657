// Fuzzes the parsers of src: `node scripts/fuzz.js [--seconds 40] [--seed N] [--only NAME,NAME]`. The time is shared by the targets. What breaks a
// promise is printed, written to .cache/fuzz, and makes the exit code 1; `--only NAME --input BASE64` tries it again.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

/** One input that takes longer has no end. */
const HANGS_MS = 20_000
const ROOM = 512 * 1024

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    input: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
if (!(seconds > 0 && Number.isSafeInteger(seed))) throw new Error('--seconds and --seed are numbers')

// Where the worker leaves the input that it tries: a count, a length, the target's number, and the text.
const shared = new SharedArrayBuffer(12 + ROOM)
const marks = new Int32Array(shared, 0, 3)
const only = values.only?.split(',') ?? null
const worker = new Worker(new URL('fuzz/worker.js', import.meta.url), {
  workerData: { shared, seconds, seed, only, input: values.input },
})

console.log(`seed ${seed}, ${seconds} s`)
let failed = 0
let names = []
let total = 0
worker.on('message', (told) => {
  if (told.names !== undefined) names = told.names
  else if (told.failure !== null) report(told.failure)
  if (told.executions === undefined) return
  total += told.executions
  console.log(
    `${told.failure === null ? 'good  ' : 'FAILED'} ${told.name}: ${told.executions} executions, ${told.outcomes} outcomes`,
  )
})
worker.on('error', (error) => {
  failed += 1
  console.error(error)
})

let last = -1
let since = performance.now()
const watch = setInterval(() => {
  const count = Atomics.load(marks, 0)
  if (count !== last) {
    last = count
    since = performance.now()
  } else if (performance.now() - since > HANGS_MS && marks[1] > 0) {
    const input = Buffer.from(Buffer.from(shared, 12, marks[1])).toString('utf8')
    report({ target: names[marks[2]] ?? '?', input, message: `no end within ${HANGS_MS} ms` })
    worker.terminate()
  }
}, 1_000)

worker.on('exit', () => {
  clearInterval(watch)
  console.log(`${total} executions, ${failed} failed, seed ${seed}`)
  process.exitCode = failed > 0 ? 1 : 0
})

function report({ target, input, message }) {
  failed += 1
  const base64 = Buffer.from(input).toString('base64')
  const name = `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.json`
  const folder = new URL('../.cache/fuzz/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    new URL(name, folder),
    `${JSON.stringify({ target, seed, message, escaped: input, base64 }, null, 2)}\n`,
  )
  console.error(`\n${target}: ${message.slice(0, 2_000)}`)
  console.error(`input ${JSON.stringify(input.slice(0, 500))}`)
  console.error(
    `again: node scripts/fuzz.js --only ${target} --input ${base64.slice(0, 4_000)}\nin .cache/fuzz/${name}\n`,
  )
}
