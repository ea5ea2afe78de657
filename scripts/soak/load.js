// The clients of the soak: `load.js '{"http1": port, "http2": port, "seed": n}'`. Closed loops of a few workers each, told when to rest.

import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../dist/testing/index.js'
import { bulkKinds } from './bulk-kinds.js'
import { Chance } from './chance.js'
import { http2Kinds } from './http2-kinds.js'
import { answer } from './ipc.js'
import { pipelined } from './pipelined.js'
import { smallKinds } from './small-kinds.js'
import { Tally } from './tally.js'
import { Target } from './target.js'
import { websocket } from './websocket-kind.js'

const { http1, http2, seed } = JSON.parse(process.argv[2])
const target = new Target(http1, http2)
const tally = new Tally()

/** Who does what, how many of them, and how long each thinks between two: some 250 requests a second where a machine is idle. */
const crews = [
  { workers: 6, thinkMs: 25, kinds: smallKinds },
  { workers: 2, thinkMs: 250, kinds: bulkKinds },
  { workers: 2, thinkMs: 100, kinds: { websocket } },
  { workers: 1, thinkMs: 50, kinds: { pipelined } },
  { workers: 1, thinkMs: 50, kinds: http2Kinds },
]

let resting = Promise.withResolvers()
let rests = true
let working = 0
const chance = new Chance(seededRandom(seed))

async function work({ thinkMs, kinds }) {
  const names = Object.keys(kinds)
  for (;;) {
    while (rests) await resting.promise
    const name = chance.of(names)
    working++
    try {
      await kinds[name]({ target, chance, told: (outcome) => tally.add(name, outcome) })
    } finally {
      working--
    }
    await delay(chance.whole(0, 2 * thinkMs))
  }
}

for (const crew of crews) for (let at = 0; at < crew.workers; at++) work(crew)

answer({
  ready: () => ({ ready: true }),
  go() {
    rests = false
    resting.resolve()
    resting = Promise.withResolvers()
  },
  /** Resolves when all that was under way is over and no connection is left. */
  async rest() {
    rests = true
    while (working > 0) await delay(10)
    target.close()
    return tally.figures()
  },
})
