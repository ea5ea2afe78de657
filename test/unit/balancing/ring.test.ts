import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ring } from '../../../src/balancing/ring.js'

/** Reads the hash out of the key itself. */
const ringOf = (points: readonly number[]): Ring =>
  new Ring(Uint32Array.from(points), Uint32Array.from(points.keys()), Number)

describe('a ring', () => {
  it('finds what a search from the beginning finds: the first point at or after a hash, or the first of all', () => {
    // Some close together, some the same, some far apart.
    const point = fc.oneof(fc.nat(0xffffffff), fc.nat(40), fc.constantFrom(0, 0xffffffff, 0x80000000, 0x7fffffff))
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1, maxLength: 80 }),
        fc.array(point, { minLength: 1, maxLength: 40 }),
        (points, hashes) => {
          const ring = ringOf(points)
          const sorted = [...points].sort((a, b) => a - b)
          for (const hash of [...hashes, ...points]) {
            const wanted = sorted.find((each) => each >= hash) ?? sorted[0]!
            // Of equal points the first that was given counts.
            expect(ring.owners[ring.slotOf(String(hash))]).toBe(points.indexOf(wanted))
          }
          expect([...ring.owners].map((owner) => points[owner])).toEqual(sorted)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('has its points in order when there are many', () => {
    const points = Array.from({ length: 50_000 }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 0)
    const sorted = [...ringOf(points).owners].map((owner) => points[owner]!)
    expect(sorted).toEqual([...points].sort((a, b) => a - b))
  })
})
