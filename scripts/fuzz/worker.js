// What scripts/fuzz.js runs in a thread of its own, so that an input without end can be told, and ended.
import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { sourceOf } from '../../test/support/source-loader.ts'

registerHooks({ resolve: (specifier, context, next) => next(sourceOf(specifier, context.parentURL), context) })
const { fuzz, tried } = await import('../../test/fuzz/engine.ts')
const { Mutator } = await import('../../test/fuzz/mutate.ts')
const { targets } = await import('../../test/fuzz/targets/index.ts')

const { shared, seconds, seed, only, input } = workerData
const marks = new Int32Array(shared, 0, 3)
const room = new Uint8Array(shared, 12)
const encoder = new TextEncoder()
const chosen = targets.filter(({ name }) => only === null || only.includes(name))
if (chosen.length === 0) throw new Error(`--only one of ${targets.map(({ name }) => name).join(', ')}`)
parentPort.postMessage({ names: targets.map(({ name }) => name) })

for (const target of chosen) {
  marks[2] = targets.indexOf(target)
  if (input !== undefined) {
    const text = Buffer.from(input, 'base64').toString()
    const found = tried(target, text, new Mutator(seed))
    const failure = typeof found === 'object' ? { target: target.name, input: text, message: found.message } : null
    parentPort.postMessage({ name: target.name, executions: 1, outcomes: 1, failure })
    continue
  }
  const trying = (text) => {
    marks[1] = encoder.encodeInto(text, room).written
    Atomics.add(marks, 0, 1)
  }
  const outcome = fuzz(target, { seed, ms: (seconds * 1_000) / chosen.length, trying })
  parentPort.postMessage({ name: target.name, ...outcome })
}
marks[1] = 0
