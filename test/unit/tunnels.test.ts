import { describe, expect, it } from 'vitest'
import { TunnelBook, type TunnelCounts, type Tunneled, type TunnelSummary } from '../../src/tunnels.js'

function countsOf(each: number): TunnelCounts {
  const both = { in: each, out: each * 2 }
  return { bytes: both, frames: both, messages: both }
}

function tunnel(each = 0): Tunneled & { readonly told: string[] } {
  const told: string[] = []
  return { counts: countsOf(each), told, end: (reason) => told.push(reason), destroy: () => told.push('destroyed') }
}

function summary(closeCode: number | null, each = 0): TunnelSummary {
  return { ...countsOf(each), closeCode, closedBy: 'client' }
}

describe('a tunnel book', () => {
  it('counts what is open and what was, as plain data', () => {
    const book = new TunnelBook()
    const [a, b] = [tunnel(100), tunnel(7)]
    book.open(a)
    book.open(b)
    expect(book.totals()).toMatchObject({ open: 2, opened: 2, bytes: { in: 107, out: 214 }, closeCodes: {} })
    book.shut(a, summary(1000, 101))
    const totals = book.totals()
    expect([book.size, totals]).toMatchObject([
      1,
      { open: 1, opened: 2, messages: { in: 108, out: 216 }, closeCodes: { 1000: 1 } },
    ])
    expect(JSON.parse(JSON.stringify(totals))).toEqual(totals)
  })

  it('counts a tunnel that is shut twice, or never was open, once or not at all', () => {
    const book = new TunnelBook()
    const one = tunnel()
    book.open(one)
    book.shut(one, summary(1000, 1))
    book.shut(one, summary(1000, 1))
    book.shut(tunnel(), summary(1000, 1))
    expect(book.totals()).toMatchObject({ open: 0, opened: 1, bytes: { in: 1 }, closeCodes: { 1000: 1 } })
  })

  it('H-202 keeps few names of codes, whatever peers send', () => {
    const book = new TunnelBook()
    for (const code of [null, ...Array(65_536).keys()]) {
      const each = tunnel()
      book.open(each)
      book.shut(each, summary(code))
    }
    const { closeCodes } = book.totals()
    expect(Object.keys(closeCodes)).toHaveLength(19)
    expect(closeCodes).toMatchObject({ 1000: 1, 1015: 1, '3xxx': 1000, '4xxx': 1000, other: 65_536 - 2_016 })
  })

  it('lets go of those that are open and of those that come, until they may stay', () => {
    const book = new TunnelBook()
    const [a, b, c] = [tunnel(), tunnel(), tunnel()]
    book.open(a)
    book.leave('drain')
    book.open(b)
    book.stay()
    book.open(c)
    expect([a.told, b.told, c.told]).toEqual([['drain'], ['drain'], []])
  })

  it('destroys all, of which each may leave the book at once', () => {
    const book = new TunnelBook()
    const all = Array.from({ length: 3 }, () => tunnel())
    for (const each of all) book.open({ ...each, destroy: () => each.told.push('destroyed') })
    book.destroy()
    expect(all.map(({ told }) => told)).toEqual([['destroyed'], ['destroyed'], ['destroyed']])
  })
})
