import { describe, expect, it } from 'vitest'
import { Cancel } from '../../src/cancel.js'

describe('Cancel', () => {
  const reason = new Error('left')

  it('tells every listener once, in order, with the first reason', () => {
    const cancel = new Cancel()
    const told: string[] = []
    for (const name of ['a', 'b', 'c']) cancel.add((why) => told.push(`${name} ${why.message}`))
    expect([cancel.aborted, cancel.reason]).toEqual([false, null])
    cancel.abort(reason)
    cancel.abort(new Error('again'))
    expect(told).toEqual(['a left', 'b left', 'c left'])
    expect([cancel.aborted, cancel.reason]).toEqual([true, reason])
  })

  it('tells who comes late at once', () => {
    const cancel = new Cancel()
    cancel.abort(reason)
    let told: Error | null = null
    cancel.add((why) => {
      told = why
    })
    expect(told).toBe(reason)
  })

  it.each([0, 1, 2])('forgets listener %i of three when told to, and no other', (gone) => {
    const cancel = new Cancel()
    const told: number[] = []
    const listeners = [0, 1, 2].map((at) => () => void told.push(at))
    for (const listener of listeners) cancel.add(listener)
    cancel.remove(listeners[gone]!)
    cancel.remove(() => {})
    cancel.abort(reason)
    expect(told.toSorted()).toEqual([0, 1, 2].filter((at) => at !== gone))
  })

  it('a listener may remove another, or add one, while it runs', () => {
    const cancel = new Cancel()
    const told: string[] = []
    const second = (): void => void told.push('second')
    cancel.add(() => {
      cancel.remove(second)
      cancel.add(() => void told.push('late'))
    })
    cancel.add(second)
    cancel.abort(reason)
    expect(told).toContain('late')
  })

  it('has one signal, made when read, that says the same', () => {
    const early = new Cancel()
    const { signal } = early
    expect([early.signal === signal, signal.aborted]).toEqual([true, false])
    early.abort(reason)
    expect([signal.aborted, signal.reason]).toEqual([true, reason])
    const late = new Cancel()
    late.abort(reason)
    expect([late.signal.aborted, late.signal.reason]).toEqual([true, reason])
  })
})
