// npm run bench: what a proxied request costs, next to the cheapest relay that Node allows and to what people use now.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SCENARIOS } from './scenarios/index.js'
import { LOAD_CORE, nextMessage, PROXY_CORE, pinned, startNode, stop, stopAll } from './support/children.js'
import { measure } from './support/measure.js'
import { supported } from './support/proc.js'
import { programVersion } from './support/proxy-process.js'
import { renderTable } from './support/table.js'

/** What wants other clients or figures, and tells them in its own words: each a script of this folder. */
const SCRIPTS = ['websocket', 'http2', 'http2-upstream', 'compression', 'tcp', 'slow-readers', 'startup', 'profile']
const BY_DEFAULT = ['small-get', 'download']
const PACKAGES = [
  'undici',
  'http-proxy-3',
  'http-proxy-middleware',
  '@fastify/http-proxy',
  'fastify',
  'hono',
  'express',
]

const USAGE = `npm run bench -- [options]
  --scenario NAMES  ${SCENARIOS.map(({ name }) => name).join(', ')} or all (${BY_DEFAULT.join(',')});
                    or, with settings of their own: ${SCRIPTS.join(', ')}
  --only NAMES      only these proxies: files in bench/proxies
  --rounds N        interleaved rounds (5)
  --seconds S       length of one measurement
  --requests N      end a measurement after N requests instead
  --seed N          of the order of the rows (1)
  --quick           2 short rounds: does it run?
  --json FILE       write all that was measured`

const settings = readSettings()
const dir = mkdtempSync(join(tmpdir(), 'edgewise-bench-'))
chmodSync(dir, 0o755) // started by root, nginx serves the large file as somebody else
let leaving = false

async function leave(code) {
  if (leaving) return
  leaving = true
  await stopAll()
  rmSync(dir, { recursive: true, force: true })
  process.exit(code)
}

process.on('SIGINT', () => leave(130))
process.on('SIGTERM', () => leave(143))
process.on('SIGHUP', () => leave(129))
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    if (!leaving) console.error(error)
    void leave(1)
  })
}

const say = (line) => leaving || console.error(line)
const reports = []
const client = startNode(fileURLToPath(new URL('./support/load-client.js', import.meta.url)), [], LOAD_CORE)
await nextMessage(client, 10_000)
for (const scenario of settings.scenarios) {
  console.error(`\n${scenario.name}`)
  const report = await measure(scenario, { client, dir, settings, say })
  if (leaving) await new Promise(() => {}) // until the process ends
  reports.push(report)
  console.log(`\n${report.scenario}: ${report.title} (upstream: ${report.upstream})\n`)
  console.log(renderTable(report, scenario))
}
await stop(client)
let failedScripts = 0
for (const name of settings.scripts) {
  console.log(`\n${name}\n`)
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  if (spawnSync(process.execPath, [script], { stdio: 'inherit' }).status !== 0) failedScripts++
}

const machine = {
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0].model.trim()}`,
  kernel: release(),
  pinning: pinned ? `proxy on core ${PROXY_CORE}, client and upstream on core ${LOAD_CORE}` : 'none',
  versions: versions(),
}
console.log(`\nNode ${machine.node}, ${machine.cpu}, Linux ${machine.kernel}; pinning: ${machine.pinning}`)
console.log(
  Object.entries(machine.versions)
    .map((pair) => pair.join(' '))
    .join(', '),
)
if (settings.json) {
  const { scenarios, scripts, json, ...used } = settings
  writeFileSync(
    json,
    `${JSON.stringify({ at: new Date().toISOString(), machine, settings: used, reports }, null, 2)}\n`,
  )
}
const failedRows = reports.some(({ rows }) => rows.some(({ failed }) => failed !== null))
await leave(failedRows || failedScripts > 0 ? 1 : 0)

function readSettings() {
  try {
    const text = { type: 'string' }
    const { values } = parseArgs({
      options: {
        scenario: text,
        only: text,
        rounds: text,
        seconds: text,
        requests: text,
        seed: text,
        json: text,
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) exit(USAGE, 0)
    if (!supported) exit('The benchmark reads /proc: it runs on Linux only.', 1)
    const { quick } = values
    const seconds = positive('seconds', values.seconds, 300)
    const names = values.scenario?.split(',') ?? BY_DEFAULT
    return {
      scenarios: names.includes('all') ? SCENARIOS : names.filter((name) => !SCRIPTS.includes(name)).map(scenarioOf),
      scripts: SCRIPTS.filter((name) => names.includes(name)),
      only: values.only?.split(',') ?? null,
      rounds: positive('rounds', values.rounds, 100) ?? (quick ? 2 : 5),
      windowMs: seconds ? seconds * 1000 : quick ? 600 : null,
      warmupMs: quick ? 600 : null,
      requests: positive('requests', values.requests, 3_000_000),
      seed: positive('seed', values.seed, 2 ** 32) ?? 1,
      json: values.json ?? null,
    }
  } catch (error) {
    return exit(`${error.message}\n\n${USAGE}`, 2)
  }
}

function scenarioOf(name) {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found === undefined) throw new Error(`there is no scenario ${name}`)
  return found
}

function positive(name, value, most) {
  if (value === undefined) return null
  if (!(Number(value) > 0 && Number(value) <= most))
    throw new Error(`--${name} must be a number up to ${most}, not ${value}`)
  return Number(value)
}

function versions() {
  const found = {}
  for (const name of PACKAGES) {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
    found[name] = JSON.parse(readFileSync(file, 'utf8')).version
  }
  for (const name of ['nginx', 'haproxy']) found[name] = programVersion(name) ?? 'not installed'
  return found
}

function exit(text, code) {
  ;(code === 0 ? console.log : console.error)(text)
  process.exit(code)
}
