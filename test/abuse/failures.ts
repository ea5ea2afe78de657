import type { Results } from './all.js'
import type { Attack } from './attack.js'
import { attacks } from './attacks/index.js'
import type { Evidence } from './cell.js'
import type { Subject } from './subjects.js'

/** One way in which a row goes wrong, and with whom. */
export interface Failure {
  readonly number: number
  readonly attack: Attack
  readonly subjects: readonly Subject[]
  readonly why: string
  /** Of the first of them. */
  readonly evidence: Evidence
}

/** Everything that went wrong, by row; proxies that fail alike share a number. */
export function failuresOf(results: Results): readonly Failure[] {
  const found: Failure[] = []
  for (const attack of attacks) {
    const alike = new Map<string, { subjects: Subject[]; evidence: Evidence }>()
    for (const [subject, verdicts] of results) {
      const verdict = verdicts.get(attack)
      if (verdict?.kind !== 'failed') continue
      const known = alike.get(verdict.why)
      if (known) known.subjects.push(subject)
      else alike.set(verdict.why, { subjects: [subject], evidence: verdict.evidence })
    }
    for (const [why, each] of alike) found.push({ number: found.length + 1, attack, why, ...each })
  }
  return found
}
