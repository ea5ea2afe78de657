import { stateKey } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('stateKey', () => {
  it('makes keys that nobody changes, two of one name being two', () => {
    const [a, b] = [stateKey<number>('n'), stateKey<number>('n')]
    expect([a.name, b.name, a === b, Object.isFrozen(a)]).toEqual(['n', 'n', false, true])
  })
})
