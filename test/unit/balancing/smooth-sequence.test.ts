import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmoothSequence } from '../../../src/balancing/smooth-sequence.js'

/** `ngx_http_upstream_get_peer`, for peers that never fail. */
function* nginx(weights: readonly number[]): Generator<number, never> {
  const current = weights.map(() => 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  while (true) {
    let best = -1
    weights.forEach((weight, at) => {
      current[at]! += weight
      if (best === -1 || current[at]! > current[best]!) best = at
    })
    current[best]! -= total
    yield best
  }
}

describe('SmoothSequence', () => {
  it("is NGINX's for any weights, also after its cycle", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 9 }), (weights) => {
        const sequence = SmoothSequence.of(weights)!
        const wanted = nginx(weights)
        for (let turn = 0; turn < 2 * sequence.length + 5; turn++) expect(sequence.next()).toBe(wanted.next().value)
      }),
      { numRuns: 100 },
    )
  })

  it('is as long as the weights need: Σ weight / greatest common divisor', () => {
    expect(SmoothSequence.of([50, 10, 10])!.length).toBe(7)
    expect(SmoothSequence.of([7, 7, 7])!.length).toBe(3)
    expect(SmoothSequence.of([65_535, 1])!.length).toBe(65_536)
  })

  it.each([[[65_535, 2]], [[1e9, 1]], [[Math.PI, 1]], [[]]])('is none for %j', (weights) => {
    expect(SmoothSequence.of(weights)).toBeNull()
  })

  it('takes no time to make, however long: one step is worked out at a time', () => {
    const weights = Array.from({ length: 3_000 }, (_, at) => 1 + (at % 40))
    const started = performance.now()
    const sequence = SmoothSequence.of(weights)!
    sequence.next()
    const first = performance.now() - started
    for (let turn = 1; turn < sequence.length; turn++) sequence.next()
    expect(first).toBeLessThan((performance.now() - started) / 5)
  })
})
