import { describe, expect, it } from 'vitest'
import { parseCacheControl } from '../../../../../src/filters/cache/policy/directives.js'
import { ageOf, mayReplaceError, useOf } from '../../../../../src/filters/cache/policy/reusing.js'

const stored = (field: string, lifetime = 60) => ({
  said: parseCacheControl(field),
  lifetime: lifetime * 1000,
  receivedAt: 0,
  ageAtReceipt: 0,
})
const use = (said: string, age: number, wish?: string): string =>
  useOf(stored(said), age * 1000, wish === undefined ? null : parseCacheControl(wish))
const standsIn = (said: string, age: number, wish?: string): boolean =>
  mayReplaceError(stored(said), age * 1000, wish === undefined ? null : parseCacheControl(wish))

describe('useOf', () => {
  it.each<[said: string, age: number, wish: string | undefined, use: string]>([
    ['max-age=60', 59.9, undefined, 'fresh'],
    ['max-age=60', 60, undefined, 'validate'],
    ['max-age=60, must-revalidate', 59, undefined, 'fresh'],
    ['no-cache, max-age=60', 0, undefined, 'validate'],
    ['max-age=60', 1, 'no-cache', 'validate'],
    ['max-age=60', 0, 'max-age=0', 'validate'],
    ['max-age=60', 5, 'max-age=10', 'fresh'],
    ['max-age=60', 11, 'max-age=10', 'validate'],
    ['max-age=60', 30, 'min-fresh=30', 'fresh'],
    ['max-age=60', 31, 'min-fresh=30', 'validate'],
    ['max-age=60, immutable', 31, 'max-age=0', 'fresh'],
    ['max-age=60, immutable', 61, 'max-age=0', 'validate'],
    ['max-age=60, immutable', 31, 'no-cache', 'validate'],
    ['max-age=60', 70, 'max-stale', 'stale'],
    ['max-age=60', 70, 'max-stale=10', 'stale'],
    ['max-age=60', 71, 'max-stale=10', 'validate'],
    ['max-age=60', 71, 'max-stale=x', 'validate'],
    ['max-age=60, must-revalidate', 61, 'max-stale', 'validate'],
    ['max-age=60, proxy-revalidate', 61, 'max-stale', 'validate'],
    ['s-maxage=60', 61, 'max-stale', 'validate'],
    ['max-age=60, stale-while-revalidate=10', 70, undefined, 'refresh'],
    ['max-age=60, stale-while-revalidate=10', 71, undefined, 'validate'],
    ['max-age=60, stale-while-revalidate=10', 65, 'no-cache', 'validate'],
    ['max-age=60, stale-while-revalidate=10, must-revalidate', 61, undefined, 'validate'],
    ['max-age=60, stale-while-revalidate=10, proxy-revalidate', 61, undefined, 'validate'],
    ['s-maxage=60, stale-while-revalidate=10', 65, undefined, 'refresh'],
  ])('H-184 of %s, %d s old, asked with %s: %s', (said, age, wish, expected) =>
    expect(use(said, age, wish)).toBe(expected),
  )
})

describe('mayReplaceError', () => {
  it.each<[said: string, age: number, wish: string | undefined, may: boolean]>([
    ['max-age=60', 61, undefined, false],
    ['max-age=60, stale-if-error=10', 70, undefined, true],
    ['max-age=60, stale-if-error=10', 71, undefined, false],
    ['max-age=60, stale-if-error=10', 75, 'stale-if-error=20', true],
    ['max-age=60', 65, 'stale-if-error=10', true],
    ['s-maxage=60', 65, 'stale-if-error=10', false],
    ['s-maxage=60, stale-if-error=10', 65, undefined, true],
    ['max-age=60, stale-if-error=10, must-revalidate', 61, 'stale-if-error=10', false],
    ['max-age=60, stale-if-error=10, proxy-revalidate', 61, undefined, false],
    ['no-cache, stale-if-error=10', 61, undefined, false],
  ])('H-184 for %s, %d s old, asked with %s: %s', (said, age, wish, may) => expect(standsIn(said, age, wish)).toBe(may))
})

describe('ageOf', () => {
  it('grows in store from the age at receipt', () =>
    expect(ageOf({ ...stored(''), receivedAt: 1000, ageAtReceipt: 500 }, 3000)).toBe(2500))

  it('H-184 does not shrink when the clock is set back', () =>
    expect(ageOf({ ...stored(''), receivedAt: 10_000 }, 4_000)).toBe(6_000))
})
