// node bench/startup.js: what importing Edgewise costs, next to undici, and what each subpath brings.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readArguments } from './support/arguments.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/startup.js [options]   (after npm run build)
  --rounds N    interleaved rounds (15)
  --seed N      of their order (1)`

const given = readArguments(USAGE, { numbers: { rounds: 200, seed: 2 ** 32 - 1 } })
const rounds = given.rounds ?? 15
const random = createRandom(given.seed ?? 1)

const root = fileURLToPath(new URL('..', import.meta.url))
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const subpaths = Object.keys(exports).filter((name) => !name.endsWith('.json'))
const names = ['undici', ...subpaths.map((name) => name.replace('.', 'edgewise'))]

/** Runs code in a process of its own, and gives what it prints. */
function run(code) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const timing = (name) => `
  const cpu = process.cpuUsage()
  const began = performance.now()
  await import('${name}')
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 1e6 }))`

const loading = (name) => `
  import { registerHooks } from 'node:module'
  const files = []
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) files.push(url); return next(url, context) } })
  await import('${name}')
  console.log(JSON.stringify(files.slice(1)))`

const seen = new Map(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of shuffled(names, random)) seen.get(name).push(run(timing(name)))

const middle = (name, figure) => median(seen.get(name).map((each) => each[figure]))
const against = (name, figure) => (middle(name, figure) / middle('undici', figure)).toFixed(2)
console.log(
  `\nImporting, medians of ${rounds} interleaved rounds, each in a process of its own; Node ${process.version}\n`,
)
console.log(
  plainTable(
    ['import', 'ms', '× undici', 'CPU ms', '× undici', 'RSS MB', '× undici'],
    names.map((name) => [
      name,
      ...['ms', 'cpuMs', 'rssMb'].flatMap((figure) => [middle(name, figure).toFixed(0), against(name, figure)]),
    ]),
  ),
)

const KIB = 1024
console.log('\nWhat is read for it\n')
console.log(
  plainTable(
    ['import', 'files of ours', 'KiB', 'packages'],
    names.slice(1).map((name) => {
      const files = run(loading(name)).map((url) => fileURLToPath(url))
      const [theirs, ours] = [
        files.filter((file) => file.includes('/node_modules/')),
        files.filter((file) => !file.includes('/node_modules/')),
      ]
      const packages = new Set(theirs.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)[1]))
      const size = ours.reduce((sum, file) => sum + readFileSync(file).length, 0)
      return [name, String(ours.length), (size / KIB).toFixed(0), [...packages].sort().join(', ')]
    }),
  ),
)
