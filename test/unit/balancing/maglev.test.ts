import { maglev } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('maglev', () => {
  it.each([
    [{}, /maglev: option "key" is undefined; allowed: 'client', /],
    [{ key: 'client', tableSize: 65_536 }, /"tableSize" is 65536; allowed: a prime up to 5000011, as 65537 or 655373/],
    [{ key: 'client', tableSize: 1 }, /"tableSize" is 1; /],
    [{ key: 'client', tableSize: 16_777_259 }, /"tableSize" is 16777259; /],
    [{ key: 'client', tableSize: 7.5 }, /"tableSize" is 7.5; /],
    [{ key: 'client', balanceFactor: -1 }, /"balanceFactor" is -1; /],
    [{ key: 'client', points: 160 }, /unknown option "points"/],
  ])('refuses %j', (options, message) => {
    expect(() => maglev(options as never)).toThrow(message)
  })

  it.each([2, 3, 65_537, 655_373, 5_000_011])('takes the prime %i for its table', (tableSize) => {
    expect(maglev({ key: 'client', tableSize }).name).toBe('maglev')
  })
})
