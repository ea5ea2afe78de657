import { describe, expect, it } from 'vitest'
import { Cancel } from '../../../../src/cancel.js'
import type { Facts } from '../../../../src/filters/cache/facts.js'
import { Flights, type Landing } from '../../../../src/filters/cache/flights.js'

const facts = {} as Facts
const kinds = (landings: readonly Landing[]): string[] => landings.map(({ kind }) => kind)

describe('Flights', () => {
  it('H-181 wakes all when there is something to share, and one when the leader fails', async () => {
    const flights = new Flights(() => 0)
    const flight = flights.begin('q')
    const waits = [1, 2, 3].map(() => flight.wait(new Cancel(), 1_000))
    flight.fail()
    expect(await waits[0]).toEqual({ kind: 'lead' })
    expect(flights.get('q')).toBe(flight)
    flight.land(facts)
    expect(kinds(await Promise.all(waits))).toEqual(['lead', 'landed', 'landed'])
    expect(flights.get('q')).toBeUndefined()
  })

  it('H-181 ends with a failure that nobody waits to repeat', () => {
    const flights = new Flights(() => 0)
    flights.begin('q').fail()
    expect(flights.get('q')).toBeUndefined()
    expect(flights.isLone('q')).toBe(false)
  })

  it('H-181 remembers for ten seconds that there was nothing to share', () => {
    let now = 0
    const flights = new Flights(() => now)
    flights.begin('q').disband()
    expect(flights.isLone('q')).toBe(true)
    now = 10_000
    expect(flights.isLone('q')).toBe(false)
    flights.begin('q').land(facts)
    expect(flights.isLone('q')).toBe(false)
  })

  it('H-184 does not remember longer for a clock that was set back', () => {
    let now = 100_000
    const flights = new Flights(() => now)
    flights.begin('q').disband()
    now = 0
    expect(flights.isLone('q')).toBe(false)
  })

  it('H-202 remembers a bounded number of questions, and of bytes', () => {
    const flights = new Flights(() => 0)
    const lone = (name: string): boolean => {
      flights.begin(name).disband()
      return flights.isLone(name)
    }
    for (let at = 0; at < 1_001; at++) lone(`q${at}`)
    expect([flights.isLone('q0'), flights.isLone('q1'), flights.isLone('q1000')]).toEqual([false, true, true])
    for (let at = 0; at < 3; at++) lone(String(at).repeat(100_000))
    expect(flights.isLone('0'.repeat(100_000))).toBe(false)
    expect(flights.isLone('2'.repeat(100_000))).toBe(true)
    expect(lone('x'.repeat(300_000))).toBe(false)
  })

  it('a wait ends by its bound, and a new flight may begin beside the old one', async () => {
    const flights = new Flights(() => 0)
    const flight = flights.begin('q')
    expect(await flight.wait(new Cancel(), 1)).toEqual({ kind: 'alone' })
    expect(flights.get('q')).toBeUndefined()
    const next = flights.begin('q')
    flight.land(facts)
    expect(flights.get('q')).toBe(next)
  })

  it('a wait ends when its client leaves, and listens to nothing any more', async () => {
    const flight = new Flights(() => 0).begin('q')
    const cancel = new Cancel()
    const wait = flight.wait(cancel, 1_000)
    cancel.abort(new Error('left'))
    await expect(wait).rejects.toThrow('left')
    const gone = new Cancel()
    gone.abort(new Error('left before'))
    await expect(flight.wait(gone, 1_000)).rejects.toThrow('left before')
    flight.fail()
  })
})
