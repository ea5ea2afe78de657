import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remembered, timed } from '../../../../src/observing/log/pieces.js'

describe('remembered', () => {
  it('writes a value once, and what is not there as nothing', () => {
    const written: string[] = []
    const piece = remembered((value) => {
      written.push(value)
      return `<${value}>`
    })
    expect([piece('a'), piece('b'), piece('a'), piece(undefined)]).toEqual(['<a>', '<b>', '<a>', ''])
    expect(written).toEqual(['a', 'b'])
  })

  it('H-202 keeps no more than 1000 of them, and none that is long', () => {
    let written = 0
    const piece = remembered((value) => {
      written++
      return value
    })
    const first = 'first'
    for (const value of [first, ...Array.from({ length: 1_000 }, (_, nth) => `r${nth}`), first]) piece(value)
    expect(written).toBe(1_002)
    const long = 'x'.repeat(257)
    expect([piece(long), piece(long)]).toEqual([long, long])
    expect(written).toBe(1_004)
  })
})

describe('timed', () => {
  it('writes tenths of a millisecond as JSON does', () => {
    const piece = timed('"total":', '}')
    fc.assert(
      fc.property(fc.nat({ max: 36_000_000 }), (tenths) => {
        expect(piece(tenths / 10)).toBe(`"total":${JSON.stringify(tenths / 10)}}`)
      }),
    )
    expect([piece(25.5), piece(25.6), piece(0), piece(undefined)]).toEqual([
      '"total":25.5}',
      '"total":25.6}',
      '"total":0}',
      '',
    ])
  })
})
