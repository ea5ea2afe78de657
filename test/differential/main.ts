// The differential test by hand: see scripts/differential.js.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { startLanes } from './lanes.js'
import { report } from './report.js'
import { run } from './run.js'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string', default: '20000' }, only: { type: 'string' } },
})
const seed = Number(values.seed ?? process.env['SEED'] ?? Date.now() % 1_000_000)
const only = values.only === undefined ? undefined : Number(values.only)

console.log(`Node ${process.version}, ${version('nginx')}, ${version('haproxy')}`)
const lanes = await startLanes()
try {
  const results = await run(lanes, { seed, count: Number(values.count), only })
  console.log(report(results, seed))
  await lanes.healthy()
  process.exitCode = results.faults.length === 0 ? 0 : 1
} finally {
  await lanes[Symbol.asyncDispose]()
}

function version(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' })
  return (stdout + stderr).split('\n', 1)[0]!.replace(/ \d{4}\/.*$/, '')
}
