// One scenario from start to table: upstream, proxies, warm-up, interleaved rounds, rows.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { nextMessage } from './children.js'
import { startProxy } from './proxy-process.js'
import { createRandom, median, shuffled } from './stats.js'
import { startUpstream } from './upstream.js'

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {string[]} proxies files in bench/proxies; the first is the one the others are compared with
 * @property {'fastest' | 'node'} upstream
 * @property {number} windowMs
 * @property {number} warmupMs
 * @property {{ connections: number, request: object, expected: object, tls?: boolean, anew?: boolean }} load
 * @property {Column} figure what the ratio is about
 * @property {Column[]} columns
 *
 * @typedef {object} Round what support/load-client.js reports of one window
 * @typedef {{ title: string, digits: number, of: (round: Round) => number, pick?: 'median' | 'min' | 'max' }} Column
 *
 * @typedef {object} Settings
 * @property {number} rounds
 * @property {number | null} windowMs
 * @property {number | null} warmupMs
 * @property {number | null} requests
 * @property {string[] | null} only
 * @property {number} seed
 */

const LEAD_MS = 250
const LONGEST_WINDOW_MS = 60_000 // when the window is stated in requests

/**
 * @param {Scenario} scenario
 * @param {{ client: import('node:child_process').ChildProcess, dir: string, settings: Settings, say: (line: string) => void }} around
 */
export async function measure(scenario, { client, dir, settings, say }) {
  const names = settings.only ?? scenario.proxies
  const folder = join(dir, scenario.name)
  mkdirSync(folder, { mode: 0o755, recursive: true })
  const upstream = await startUpstream(scenario.upstream, folder)
  const entries = names.map((name) => ({ name, proxy: null, rounds: [], skipped: null, failed: null }))
  const random = createRandom(settings.seed)

  const load = (proxy, windowMs, requests) =>
    ask(client, {
      ...scenario.load,
      port: proxy.port,
      pids: proxy.pids,
      leadMs: LEAD_MS,
      windowMs: requests === null ? windowMs : LONGEST_WINDOW_MS,
      requests,
    })
  const attempt = async (entry, task) => {
    try {
      await task()
    } catch (error) {
      entry.failed =
        error.message + (entry.proxy?.complaint?.() ? ` (${entry.proxy.complaint().split('\n', 1)[0]})` : '')
      say(`  ${entry.name}: failed: ${entry.failed}`)
    }
  }

  try {
    for (const entry of entries) {
      await attempt(entry, async () => {
        const proxy = await startProxy(entry.name, { endpoints: upstream.endpoints, dir: folder })
        if ('skip' in proxy) {
          entry.skipped = proxy.skip
          say(`  ${entry.name}: skipped: ${proxy.skip}`)
          return
        }
        entry.proxy = proxy
        await load(proxy, settings.warmupMs ?? scenario.warmupMs, null)
      })
    }
    for (let round = 1; round <= settings.rounds; round++) {
      const order = shuffled(entries, random).filter(({ proxy, failed }) => proxy !== null && failed === null)
      say(`  round ${round}/${settings.rounds}: ${order.map(({ name }) => name).join(' ')}`)
      for (const entry of order) {
        await attempt(entry, async () => {
          const result = await load(entry.proxy, settings.windowMs ?? scenario.windowMs, settings.requests)
          entry.rounds.push({ round, ...result })
        })
      }
    }
  } finally {
    await Promise.all(entries.map(({ proxy }) => proxy?.stop()))
    await upstream.stop()
  }

  const baseline = entries.find(({ name }) => name === scenario.proxies[0]) ?? null
  return {
    scenario: scenario.name,
    title: scenario.title,
    upstream: upstream.name,
    rows: entries.map((entry) => summarize(entry, baseline, scenario)),
  }
}

/** One row: medians over the rounds, and the median of the ratios to the baseline of the same round. */
function summarize({ name, skipped, failed, rounds }, baseline, { figure, columns }) {
  if (rounds.length === 0) return { name, skipped, failed, rounds }
  const figures = rounds.map(figure.of)
  const ratios = rounds.flatMap((round) => {
    const base = baseline?.rounds.find((candidate) => candidate.round === round.round)
    return base === undefined ? [] : [figure.of(round) / figure.of(base)]
  })
  const values = Object.fromEntries(
    columns.map(({ title, of, pick }) => [title, picked(rounds.map(of), pick ?? 'median')]),
  )
  return {
    name,
    skipped,
    failed,
    figure: spread(figures),
    ratio: ratios.length > 0 ? spread(ratios) : null,
    values,
    rounds,
  }
}

const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) })

const picked = (values, pick) => (pick === 'median' ? median(values) : Math[pick](...values))

async function ask(client, job) {
  client.send(job)
  const { result, error } = await nextMessage(client, job.leadMs + job.windowMs + 30_000)
  if (error !== undefined) throw new Error(error)
  return result
}
