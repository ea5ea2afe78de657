// node bench/slow-endpoint.js: latency when one of ten endpoints is slow, over real sockets, next to NGINX and HAProxy.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startHaproxy, startNginx } from './slow-endpoint/programs.js'
import { readArguments } from './support/arguments.js'
import { LOAD_CORE, nextMessage, PROXY_CORE, startNode, stopAll } from './support/children.js'
import { model } from './support/slow-model.js'
import { createRandom, percentile, shuffled } from './support/stats.js'
import { strategies } from './support/strategies.js'
import { plainTable } from './support/table.js'

/** Load that is not measured, while connections are made. */
const LEAD_MS = 500

const USAGE = `node bench/slow-endpoint.js [options]   (after npm run build)
  --rounds N   interleaved rounds (2)
  --seconds S  length of one measurement (2)
  --seed N     of the load and of the order (1)
  --quick      one round of a second: does it run?
  --json FILE  write the figures`

const { quick, ...given } = readArguments(USAGE, {
  numbers: { rounds: 20, seconds: 60, seed: 2 ** 32 - 1 },
  texts: ['json'],
  flags: ['quick'],
})
const settings = {
  rounds: given.rounds ?? (quick ? 1 : 2),
  seconds: given.seconds ?? (quick ? 1 : 2),
  seed: given.seed ?? 1,
}
const dir = mkdtempSync(join(tmpdir(), 'edgewise-slow-'))
chmodSync(dir, 0o755) // started by root, nginx's worker is somebody else

async function leave(code) {
  await stopAll()
  rmSync(dir, { recursive: true, force: true })
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
  const upstreams = await ask('slow-endpoint/upstreams.js', [], LOAD_CORE)
  const hosts = upstreams.ports.map((port) => `127.0.0.1:${port}`)
  const urls = hosts.map((host) => `http://${host}`)
  const { ports } = await ask('slow-endpoint/edgewise.js', urls, PROXY_CORE)
  const { child: client } = await ask('slow-endpoint/client.js', [], LOAD_CORE)
  const rows = [
    ...strategies.map(({ name }, at) => ({ name: `edgewise, ${name}`, port: ports[at] })),
    ...(await startNginx(hosts, dir)),
    ...(await startHaproxy(hosts, dir)),
  ].map(({ name, port }) => ({ name, port, rounds: [] }))
  const random = createRandom(settings.seed)
  for (let round = 1; round <= settings.rounds; round++) {
    console.error(`round ${round}/${settings.rounds}`)
    for (const row of shuffled(rows, random)) {
      client.send({ port: row.port, seconds: settings.seconds, leadMs: LEAD_MS, seed: settings.seed + round })
      const { result, error } = await nextMessage(client, settings.seconds * 1000 + 30_000)
      if (error !== undefined) throw new Error(`${row.name}: ${error}`)
      row.rounds.push(result)
    }
  }
  return rows
}

function report(rows) {
  const figures = rows.map(({ name, rounds }) => {
    const all = sorted(rounds.flatMap(({ latencies }) => latencies))
    const p99s = rounds.map(({ latencies }) => percentile(sorted(latencies), 0.99))
    return {
      name,
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      p99Range: [Math.min(...p99s), Math.max(...p99s)],
      mean: all.reduce((sum, ms) => sum + ms, 0) / all.length,
      share: rounds.reduce((sum, { slow }) => sum + slow, 0) / all.length,
      requests: all.length,
      lagMs: Math.max(...rounds.map(({ lagMs }) => lagMs)),
      failed: Object.assign({}, ...rounds.map(({ failed }) => failed)),
    }
  })
  console.log(
    `\nLatency in ms over sockets, ${model.endpoints} endpoints of ${model.workers} workers, ${model.serviceMs} ms of work each (exponential), one takes ${model.slowness} times as long; ${model.perSecond} requests/s (Poisson), at most ${model.maxConnections} in flight each\n`,
  )
  console.log(
    plainTable(
      ['proxy', 'p50', 'p99', 'p99 by round', 'mean', 'share of the slow one', 'requests', 'client late', 'failed'],
      figures.map(({ name, p50, p99, p99Range, mean, share, requests, lagMs, failed }) => [
        name,
        p50.toFixed(1),
        p99.toFixed(0),
        p99Range.map((ms) => ms.toFixed(0)).join('–'),
        mean.toFixed(1),
        `${(share * 100).toFixed(2)} %`,
        String(requests),
        `${lagMs.toFixed(0)} ms`,
        Object.entries(failed)
          .map(([why, count]) => `${count} × ${why}`)
          .join(', ') || '0',
      ]),
    ),
  )
  if (given.json)
    writeFileSync(given.json, `${JSON.stringify({ node: process.version, settings, model, figures }, null, 2)}\n`)
  return figures.some(({ name, failed }) => name.startsWith('edgewise') && Object.keys(failed).length > 0) ? 1 : 0
}

/** Starts a script of ours and waits for what it has to say. */
async function ask(script, args, core) {
  const child = startNode(fileURLToPath(new URL(script, import.meta.url)), args, core)
  return { child, ...(await nextMessage(child, 15_000)) }
}

function sorted(latencies) {
  return Float64Array.from(latencies).sort()
}
