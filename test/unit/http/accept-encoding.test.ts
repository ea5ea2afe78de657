import fc from 'fast-check'
import Negotiator from 'negotiator'
import { describe, expect, it } from 'vitest'
import { acceptsCoding, codingName, preferredCoding } from '../../../src/http/accept-encoding.js'
import { flat } from '../../support/index.js'

const ALL = ['zstd', 'br', 'gzip', 'deflate'] as const

/** What the package `negotiator` makes of a field; its types don't know the option. */
function judge(field: string, offered: readonly string[]): string[] {
  const negotiator = new Negotiator({ headers: { 'accept-encoding': field } } as never)
  return (negotiator.encodings as (offered: readonly string[], options: object) => string[]).call(negotiator, offered, {
    preferred: offered,
  })
}

describe('preferredCoding', () => {
  it.each([
    // [field, what is sent]
    [undefined, null],
    ['', null],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip;q=0', null],
    ['gzip ; q=0.0', null],
    ['*', 'zstd'],
    ['*;q=0', null],
    ['*;q=0, gzip', 'gzip'],
    ['identity;q=0', null],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0, *;q=0', null],
    ['gzip;q=1.5', null],
    ['gzip;q=-1', null],
    ['gzip;q=abc', null],
    ['gzip;q=0.0001', null],
    ['gzip;q=', null],
    ['gzip;level=9', null],
    ['br;q=0.001', 'br'],
    ['gzip;Q=0.5', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['deflate, gzip', 'gzip'],
    ['zstd;q=0.1, br;q=0.2, gzip;q=0.3, deflate;q=0.4', 'deflate'],
    ['gzip, gzip;q=0', null],
    ['gzip;q=0, gzip', null],
    ['x-gzip;q=0, gzip', null],
    ['identity, gzip;q=0.5', null],
    ['identity, gzip', 'gzip'],
    ['identity;q=0.2, gzip;q=0.5', 'gzip'],
    ['*;q=0.8, gzip;q=0.5, br;q=0.5, zstd;q=0.5, deflate;q=0.5', null],
    ['compress, gzip', 'gzip'],
    [',, ,gzip,', 'gzip'],
    ['\tgzip\t;\tq=1', 'gzip'],
    ['gzip deflate', null],
    ['__proto__, constructor;q=1', null],
    ['dcb, dcz, zstd, br, gzip', 'zstd'],
  ])('H-161 %j gets %s', (field, coding) => {
    expect(preferredCoding(field, ALL)).toBe(coding)
  })

  it('only what is offered counts, in the order it is offered', () => {
    expect(preferredCoding('zstd, br, gzip', ['gzip', 'br'])).toBe('gzip')
    expect(preferredCoding('zstd', ['gzip', 'br'])).toBe(null)
  })

  it('H-161 10,000 members are not read at all', () => {
    const field = Array.from({ length: 10_000 }, (_, at) => `c${at};q=0.5`).join(',')
    const started = performance.now()
    for (let times = 0; times < 1_000; times++) expect(preferredCoding(`gzip, ${field}`, ALL)).toBe(null)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('H-202 nothing is kept of what clients send: 100,000 different fields leave memory as it was', async () => {
    await flat(
      async () => {
        for (let at = 0; at < 100_000; at++) {
          preferredCoding(`gzip;q=0.5, token-${at}, ${'x'.repeat(500)}${at}`, ALL)
          if (at % 5_000 === 0) await new Promise(setImmediate)
        }
      },
      { limit: 8 << 20 },
    )
  })

  it('agrees with the package negotiator wherever a field is well formed', () => {
    const coding = fc.constantFrom('zstd', 'br', 'gzip', 'deflate', 'identity', '*', 'compress')
    const weight = fc.constantFrom('', ';q=0', ';q=0.3', ';q=0.5', ';q=1')
    const fields = fc.uniqueArray(fc.tuple(coding, weight), { selector: ([name]) => name, minLength: 1 })
    fc.assert(
      fc.property(fields, (members) => {
        const field = members.map(([name, q]) => name + q).join(', ')
        const offered = [...ALL, 'identity']
        const [theirs] = judge(field, offered)
        expect(preferredCoding(field, ALL)).toBe(theirs === 'identity' || theirs === undefined ? null : theirs)
      }),
      { numRuns: 500 },
    )
  })

  it('no field makes it throw, or send what was refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'gzipbrx*;q=01.5, \t') }), (field) => {
        const coding = preferredCoding(field, ALL)
        if (coding !== null) expect(acceptsCoding(field, coding)).toBe(true)
      }),
    )
  })
})

describe('acceptsCoding', () => {
  it.each([
    [undefined, 'gzip', false],
    ['gzip', 'gzip', true],
    ['gzip;q=0', 'gzip', false],
    ['*', 'dcb', true],
    ['*, br;q=0', 'br', false],
    ['br', 'gzip', false],
  ])('%j, %s: %s', (field, coding, accepted) => {
    expect(acceptsCoding(field, coding)).toBe(accepted)
  })
})

describe('codingName', () => {
  it('knows x-gzip, and any case', () => {
    expect(['GZip', 'X-GZIP', 'Br', 'x-other'].map(codingName)).toEqual(['gzip', 'gzip', 'br', 'x-other'])
  })
})
