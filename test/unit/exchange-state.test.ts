import { stateKey } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { copyState, setState, stateOf } from '../../src/exchange-state.js'

describe('the values of an exchange', () => {
  it('are found by their key, not by its name, and set in place', () => {
    const [a, b] = [stateKey<number>('x'), stateKey<number>('x')]
    let state = setState(null, a, 1)
    state = setState(state, b, 2)
    expect([stateOf(state, a), stateOf(state, b), stateOf(state, stateKey('x'))]).toEqual([1, 2, undefined])
    expect(setState(state, a, 3)).toBe(state)
    expect([stateOf(state, a), stateOf(state, b)]).toEqual([3, 2])
  })

  it('of a copy are its own', () => {
    const [a, b] = [stateKey<number>('a'), stateKey<number>('b')]
    const state = setState(setState(null, a, 1), b, 2)
    const copy = copyState(state)
    setState(state, a, 9)
    expect([stateOf(copy, a), stateOf(copy, b), copyState(null)]).toEqual([1, 2, null])
  })
})
