import type { Attack } from './attack.js'
import { attacks } from './attacks/index.js'
import { run, type Verdict } from './run.js'
import type { Subject } from './subjects.js'

export type Results = ReadonlyMap<Subject, ReadonlyMap<Attack, Verdict>>

/** Plays the whole table against each, a few at a time. */
export async function runAll(wanted: readonly Subject[], abreast = 3): Promise<Results> {
  const results = new Map<Subject, ReadonlyMap<Attack, Verdict>>()
  const left = [...wanted]
  const worker = async (): Promise<void> => {
    for (let subject = left.shift(); subject; subject = left.shift())
      results.set(subject, await run(subject, attacks, { tries: 2 }))
  }
  await Promise.all(Array.from({ length: abreast }, worker))
  return results
}
