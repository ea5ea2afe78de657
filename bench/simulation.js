// node bench/simulation.js: how good the balancers are, worked out in virtual time. The same seed gives the same tables.

import { writeFileSync } from 'node:fs'
import { distribution } from './simulation/distribution.js'
import { manyGateways } from './simulation/gateways.js'
import { recovery } from './simulation/recovery.js'
import { slowEndpoint } from './simulation/slow-endpoint.js'
import { readArguments } from './support/arguments.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/simulation.js [options]   (after npm run build)
  --seed N     (1)
  --json FILE  write the figures`

const { seed, json } = readArguments(USAGE, { numbers: { seed: 2 ** 32 - 1 }, texts: ['json'] })
const settings = { seed: seed ?? 1 }
const reports = [distribution, slowEndpoint, recovery, manyGateways].map((part) => {
  const report = part(settings)
  console.log(`\n${report.title}\n\n${plainTable(report.header, report.rows.map(report.cells))}`)
  return report
})
if (json) {
  const tables = reports.map(({ title, rows }) => ({ title, rows }))
  writeFileSync(json, `${JSON.stringify({ ...settings, tables }, null, 2)}\n`)
}
process.exitCode = reports.some(({ rows }) => rows.some(({ good }) => good === false)) ? 1 : 0
