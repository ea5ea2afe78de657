import { beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from './attack.js'
import { attacks } from './attacks/index.js'
import { run, type Verdict } from './run.js'
import { subjects } from './subjects.js'

describe.each(subjects.filter(({ ours }) => ours))('$name holds', (subject) => {
  let verdicts: ReadonlyMap<Attack, Verdict>

  beforeAll(async () => {
    verdicts = await run(subject, attacks)
  }, 120_000)

  it.each(attacks)('$title', (attack) => {
    expect(verdicts.get(attack)).toEqual({ kind: 'held' })
  })
})
