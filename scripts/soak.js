// A gateway under mixed traffic and constant trouble, for a while: `node scripts/soak.js [--minutes N] [--seed N] [--out FILE]`, after
// `npm run build:js`. Nothing may be lost, left behind or grow; prints what was seen and ends with 1 if something was.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readArguments } from '../bench/support/arguments.js'
import { seededRandom } from '../dist/testing/index.js'
import { Chance } from './soak/chance.js'
import { Faults } from './soak/faults.js'
import { judge, strays } from './soak/judge.js'
import { start } from './soak/processes.js'
import { report } from './soak/report.js'
import { Upstreams } from './soak/upstreams.js'

const USAGE = `node scripts/soak.js [--minutes N] [--seed N] [--out FILE]
  --minutes N  how long (default 2)
  --seed N     of what happens when (default: drawn, and printed)
  --out FILE   where the figures go, as JSON (default .cache/soak.json)`
const UPSTREAMS = 4
const WARM_MS = 12_000
/** What a run may take beyond its minutes: to start, to come to rest, and to end. */
const MARGIN_MS = 180_000
const REST_MS = 1_000
const MOST_LOOKS = 60
const SURE_LOOKS = 8

const given = readArguments(USAGE, { numbers: { minutes: 24 * 60, seed: 2 ** 31 }, texts: ['out'] })
const minutes = given.minutes ?? 2
const seed = given.seed ?? Date.now() % 2 ** 31
const out = given.out ?? '.cache/soak.json'
const wanted = { kills: Math.max(5, Math.round(2.5 * minutes)) }
const complaints = []
const samples = []
const suspects = []
let counts = {}
let faults = { kills: [], reloads: 0, drains: 0 }

console.log(`soak of ${minutes} min, seed ${seed}, Node ${process.version}`)
const ending = setTimeout(() => finish('did not end in time'), minutes * 60_000 + MARGIN_MS)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => finish(`ended by ${signal}`))
try {
  await soak()
  finish()
} catch (error) {
  finish(error.stack)
}

async function soak() {
  const chance = new Chance(seededRandom(seed))
  const upstreams = await Upstreams.begin(UPSTREAMS, chance, (complaint) => finish(complaint))
  const gateway = await start('gateway', 'gateway.js', [JSON.stringify(upstreams.urls)])
  gateway.on('told', ({ fault }) => complaints.push(`gateway: ${fault}`))
  gateway.on('exit', (what) => finish(`the gateway ended: ${what}\n${gateway.stderr}`))
  const { http1, http2 } = await gateway.ask('ready')
  const load = await start('load', 'load.js', [JSON.stringify({ http1, http2, seed })])
  load.on('exit', (what) => finish(`the load ended: ${what}\n${load.stderr}`))
  faults = new Faults({ chance, gateway, upstreams })

  await load.ask('go')
  await faults.happen(WARM_MS, 1)
  await rest(load, gateway, upstreams)
  const parts = minutes >= 5 ? 8 : 4
  const each = (minutes * 60_000 - WARM_MS) / parts
  for (let part = 0; part < parts; part++) {
    await load.ask('go')
    await faults.happen(Math.max(each - 2 * REST_MS, REST_MS), Math.ceil(wanted.kills / parts))
    await rest(load, gateway, upstreams)
  }
  load.removeAllListeners('exit')
  await load.end('SIGTERM')
  const { listening } = await gateway.ask('close')
  // The soak's own two are left.
  if (listening > 2) complaints.push(`${listening} listeners on the hub of a gateway that has closed`)
  gateway.removeAllListeners('exit')
  await gateway.end('SIGTERM')
  if (gateway.stderr !== '') complaints.push(`the gateway said: ${gateway.stderr}`)
  await upstreams.end()
}

/** Lets everything come to rest and takes stock. */
async function rest(load, gateway, upstreams) {
  const told = await load.ask('rest', null, { withinMs: 60_000 })
  counts = told.counts
  suspects.push(...told.suspects)
  await delay(REST_MS)
  samples.push(await settled(gateway, upstreams))
  console.log(
    `${new Date().toISOString()} rest ${samples.length}: ${faults.kills.length} kills, ${faults.reloads} reloads`,
  )
}

/** A sample. Health checks come and go all the time: of its connections it has what is seen most often. */
async function settled(gateway, upstreams) {
  const sample = await gateway.ask('sample', null, { withinMs: 30_000 })
  /** @type {Map<string, { connected: object, times: number }>} */
  const seen = new Map()
  for (let tries = 0; tries < MOST_LOOKS; tries++) {
    const before = await upstreams.connections()
    const connected = { ...(await gateway.ask('connected')), upstreamConnections: await upstreams.connections() }
    await delay(50)
    if (before !== connected.upstreamConnections) continue
    const { clients, activeSockets } = connected
    const key = `${clients} ${activeSockets} ${strays(connected)}`
    const { times } = seen.get(key) ?? { times: 0 }
    seen.set(key, { connected, times: times + 1 })
    if (times + 1 === SURE_LOOKS) break
  }
  const [best] = [...seen.values()].toSorted((one, two) => two.times - one.times)
  return { at: Date.now(), ...sample, ...best?.connected }
}

/** Says what came of it, and ends; processes that are left end with this one. */
function finish(why) {
  clearTimeout(ending)
  if (why !== undefined) complaints.push(why)
  const run = { minutes, seed, node: process.version, wanted, samples, counts, suspects, complaints, ...faults }
  const reasons = judge({ ...run, kills: faults.kills })
  mkdirSync(dirname(out), { recursive: true })
  const { kills, reloads, drains } = faults
  const figures = { minutes, seed, node: process.version, reasons, kills, reloads, drains, samples, counts, suspects }
  writeFileSync(out, `${JSON.stringify(figures, null, 2)}\n`)
  console.log(report(figures))
  process.exit(reasons.length === 0 ? 0 : 1)
}
