// One contender in a process of its own: decisions per second of CPU time, and bytes of each key that it remembers.

import { createRandom } from '../support/stats.js'
import { contenders } from './contenders.js'

const KEYS = 100_000
const [name, decisions] = process.argv.slice(2)
const { open, batch = 1 } = contenders.find((each) => each.name === name)

const { decide, close } = await open()
// Warm and compiled, on keys that are forgotten about afterwards.
await run((at) => `198.51.100.${at % 200}`, 20_000)

const bytes = await bytesPerKey()
const random = createRandom(1)
const keys = Array.from({ length: KEYS }, (_, at) => addressOf(at))
const order = Uint32Array.from({ length: 1 << 16 }, () => random() * KEYS)
const chosen = (at) => keys[order[at & 0xffff]]
await run(chosen, 100_000)
const before = process.cpuUsage()
await run(chosen, Number(decisions))
const { user, system } = process.cpuUsage(before)
close()
process.send({ perSecond: Number(decisions) / ((user + system) / 1e6), bytes })
process.exit(0)

async function run(keyAt, count) {
  for (let at = 0; at < count; at += batch) {
    if (batch === 1) {
      const decision = decide(keyAt(at))
      if (decision instanceof Promise) await decision
    } else await Promise.all(Array.from({ length: batch }, (_, more) => decide(keyAt(at + more))))
  }
}

/** What the heap grew by, the keys' own text included, as these come from sockets and nobody else holds them. */
async function bytesPerKey() {
  const held = () => {
    globalThis.gc()
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const empty = held()
  await run(addressOf, KEYS)
  return (held() - empty) / KEYS
}

function addressOf(at) {
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
}
