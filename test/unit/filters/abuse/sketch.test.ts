import { describe, expect, it } from 'vitest'
import { Sketch } from '../../../../src/filters/abuse/sketch.js'

describe('a sketch', () => {
  it('never counts too few, and of 200,000 offences by 100,000 keys hardly too many', () => {
    const sketch = new Sketch()
    const keys = Array.from({ length: 100_000 }, (_, at) => `2001:db8:${at.toString(16)}::/64`)
    for (const key of keys) sketch.add(key)
    const estimates = keys.map((key) => sketch.add(key))
    expect(Math.min(...estimates)).toBeGreaterThanOrEqual(2)
    expect(estimates.filter((estimate) => estimate > 5).length).toBeLessThan(1_000)
  })

  it('knows nothing once it is cleared', () => {
    const sketch = new Sketch()
    for (let at = 0; at < 5; at++) sketch.add('a')
    sketch.clear()
    expect(sketch.add('a')).toBe(1)
  })

  it('stays at the most it can count', () => {
    const sketch = new Sketch()
    for (let at = 0; at < 70_000; at++) sketch.add('a')
    expect(sketch.add('a')).toBe(65_535)
  })
})
