// Rows of proxies under the same number of requests, in interleaved rounds: CPU per request, and its ratio to the first row's.

import { HTTP1, h2load } from './h2load.js'
import { cpuMicros } from './proc.js'
import { median } from './stats.js'
import { plainTable } from './table.js'

/**
 * @param {{ name: string, load?: readonly string[], proxy: { port: number, pids: number[] } }[]} rows
 * @param {{ rounds: number, requests: number }} settings
 * @returns {Promise<string>} the table
 */
export async function cpuRounds(rows, { rounds, requests }) {
  const taken = new Map(rows.map((row) => [row, []]))
  for (let round = 0; round <= rounds; round++) {
    for (let at = 0; at < rows.length; at++) {
      // Each begins in turn.
      const row = rows[(at + round) % rows.length]
      const { name, proxy, load = HTTP1 } = row
      const before = cpu(proxy)
      const seconds = await h2load({ name, port: proxy.port, load, requests })
      // The first round warms up.
      if (round > 0) taken.get(row).push({ us: (cpu(proxy) - before) / requests, perSecond: requests / seconds })
    }
  }
  const first = taken.get(rows[0])
  const cells = (row) => {
    const us = taken.get(row).map((each) => each.us)
    const ratio = median(us.map((each, at) => each / first[at].us))
    const range = `${Math.min(...us).toFixed(1)}–${Math.max(...us).toFixed(1)}`
    const rate = Math.round(median(taken.get(row).map(({ perSecond }) => perSecond)))
    return [row.name, median(us).toFixed(1), range, ratio.toFixed(2), String(rate)]
  }
  return plainTable(['', 'CPU µs per request', 'range', `× ${rows[0].name}`, 'requests/s'], rows.map(cells))
}

function cpu({ pids }) {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)
}
