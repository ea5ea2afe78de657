// node bench/startup.js: what importing Edgewise costs, next to undici, and what each subpath brings.

import { evaluate, readBy, specifiers } from '../scripts/sizes/imports.js'
import { readArguments } from './support/arguments.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/startup.js [options]   (after npm run build)
  --rounds N    interleaved rounds (15)
  --seed N      of their order (1)`

const given = readArguments(USAGE, { numbers: { rounds: 200, seed: 2 ** 32 - 1 } })
const rounds = given.rounds ?? 15
const random = createRandom(given.seed ?? 1)

const names = ['undici', ...specifiers]

const timing = (name) => `
  const cpu = process.cpuUsage()
  const began = performance.now()
  await import('${name}')
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 1e6 }))`

const seen = new Map(names.map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const name of shuffled(names, random)) seen.get(name).push(evaluate(timing(name)))

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
    specifiers.map((name) => {
      const { files, packages } = readBy(name)
      const size = files.reduce((sum, { bytes }) => sum + bytes, 0)
      return [name, String(files.length), (size / KIB).toFixed(0), packages.join(', ')]
    }),
  ),
)
