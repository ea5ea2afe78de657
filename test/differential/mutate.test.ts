import { describe, expect, it } from 'vitest'
import { strictReading } from '../support/index.js'
import { addressOf, caseOf } from './cases.js'
import { mutant } from './mutate.js'
import { SEEDS } from './seeds/index.js'

const MANY = Array.from({ length: 2_000 }, (_, number) => number)

describe('the cases of the differential test', () => {
  it('have at least 150 seeds, each of a name of its own, in bytes', () => {
    expect(SEEDS.length).toBeGreaterThanOrEqual(150)
    expect(new Set(SEEDS.map(([name]) => name)).size).toBe(SEEDS.length)
    for (const [, bytes] of SEEDS) expect(Buffer.from(bytes, 'latin1').toString('latin1')).toBe(bytes)
  })

  it('are the same for the same seed, each by itself, and others for another', () => {
    expect(MANY.map((number) => mutant(7, number))).toEqual(
      MANY.toReversed()
        .map((at) => mutant(7, at))
        .toReversed(),
    )
    const [one, other] = [7, 8].map((seed) => MANY.map((number) => mutant(seed, number).bytes))
    expect(one!.filter((bytes, at) => bytes === other![at]).length).toBeLessThan(20)
  })

  it('are of all kinds for a strict reader: in good order, cut short, malformed', () => {
    const ends = MANY.map((number) => strictReading(Buffer.from(mutant(7, number).bytes, 'latin1')).ends)
    for (const kind of ['clean', 'cut', 'malformed'])
      expect(ends.filter((end) => end === kind).length).toBeGreaterThan(100)
  })

  it('come from addresses of their own', () => {
    const many = Array.from({ length: 70_000 }, (_, number) => addressOf(number))
    expect(new Set(many).size).toBe(many.length)
    expect(many.at(-1)).toBe('127.17.17.111')
    expect(caseOf(1, 0).name).toBe('GET')
  })
})
