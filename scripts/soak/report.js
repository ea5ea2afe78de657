// What a soak has seen, as text.

import { plainTable } from '../../bench/support/table.js'
import { sorted, total } from './judge.js'

const MEMORY = ['rss', 'heapUsed', 'external', 'arrayBuffers']
const LEFT_OUT = ['at', 'lines', 'retries']

export function report({ samples, counts, suspects, kills, reloads, drains, reasons }) {
  const { explained, faults } = sorted(suspects, kills)
  const named = (all, what) => all.filter((each) => each.what === what)
  const webSockets = named(explained, 'broken').filter(({ kind }) => kind === 'websocket').length
  return [
    outcomes(counts),
    '',
    ...(samples.length === 0 ? [] : [stock(samples), '']),
    `${total(counts)} requests, ${kills.length} kills, ${reloads} reloads, ${drains} drains, ${samples.at(-1)?.retries ?? 0} retries`,
    `lost: ${faults.length - named(faults, 'wrong').length}, wrong: ${named(faults, 'wrong').length}`,
    `broken by the death of their upstream behind their head: ${named(explained, 'broken').length}, ${webSockets} of them WebSockets`,
    `not idempotent, failed as an upstream died: ${named(explained, 'unanswered').length}`,
    ...reasons.map((reason) => `FAIL ${reason}`),
    reasons.length === 0 ? 'ok' : `${reasons.length} reasons to fail`,
  ].join('\n')
}

function outcomes(counts) {
  const names = [...new Set(Object.values(counts).flatMap(Object.keys))]
  const rows = Object.entries(counts)
    .toSorted(([one], [two]) => (one < two ? -1 : 1))
    .map(([kind, each]) => [kind, ...names.map((name) => String(each[name] ?? ''))])
  return plainTable(['kind', ...names], rows)
}

function stock(samples) {
  const chosen = [samples[0], samples[samples.length >> 1], samples.at(-1)]
  const rows = Object.keys(samples[0])
    .filter((name) => !LEFT_OUT.includes(name))
    .map((name) => [name, ...chosen.map((sample) => figure(name, sample[name]))])
  return plainTable(['at rest', 'start', 'middle', 'end'], rows)
}

const figure = (name, value) => (MEMORY.includes(name) ? `${(value / 1024 / 1024).toFixed(1)} MiB` : String(value))
