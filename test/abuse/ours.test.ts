import { beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from './attack.js'
import { attacks } from './attacks/index.js'
import { run, type Verdict } from './run.js'
import { type Subject, subjects } from './subjects.js'

const ours = subjects.filter(({ ours: own }) => own)

describe('against each attack', () => {
  const verdicts = new Map<Subject, ReadonlyMap<Attack, Verdict>>()

  beforeAll(async () => {
    await Promise.all(ours.map(async (subject) => verdicts.set(subject, await run(subject, attacks))))
  }, 120_000)

  describe.each(ours)('$name holds', (subject) => {
    it.each(attacks)('$title', (attack) => {
      expect(verdicts.get(subject)?.get(attack)).toEqual({ kind: 'held' })
    })
  })
})
