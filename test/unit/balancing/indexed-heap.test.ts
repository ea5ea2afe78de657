import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IndexedHeap } from '../../../src/balancing/indexed-heap.js'
import { type Station, stations } from './endpoints.js'

/** A sorted list that does the same the slow way. */
class Sorted {
  readonly entries: { at: number; key: number; turn: number; available: boolean }[]
  #turn = 0

  constructor(keys: readonly number[]) {
    this.entries = keys.map((key, at) => ({ at, key, turn: ++this.#turn, available: true }))
  }

  move(at: number, key: number, available: boolean, always: boolean): void {
    const entry = this.entries[at]!
    if (!always && entry.key === key && entry.available === available) return
    Object.assign(entry, { key, available, turn: ++this.#turn })
  }

  best(skip: (at: number) => boolean): number {
    const sorted = this.entries.toSorted((a, b) => a.key - b.key || a.turn - b.turn)
    const there = sorted.find(({ at, available }) => available && !skip(at))
    return (there ?? sorted.find(({ at, available }) => !available && !skip(at)))?.at ?? -1
  }
}

const step = fc.record({
  at: fc.nat(19),
  key: fc.integer({ min: 0, max: 5 }),
  available: fc.boolean(),
  always: fc.boolean(),
  skipped: fc.nat(2 ** 20 - 1),
})

describe('IndexedHeap', () => {
  it('agrees with a sorted list over any history of keys, outages and refusals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }),
        fc.array(step, { maxLength: 100 }),
        (keys, steps) => {
          const all = stations(...keys)
          const heap = new IndexedHeap<Station>(all, (at, into) => (into[at] = keys[at]!), null)
          const sorted = new Sorted(keys)
          for (const { at: any, key, available, always, skipped } of steps) {
            const at = any % all.length
            all[at]!.available = available
            heap.keys[at] = key
            if (always) heap.requeue(at)
            else heap.moved(at)
            sorted.move(at, key, available, always)
            const skip = (index: number): boolean => ((skipped >> index) & 1) === 1
            expect(heap.best((station) => skip(all.indexOf(station)))).toBe(sorted.best(skip))
            expect(heap.size).toBe(sorted.entries.filter((entry) => entry.available).length)
            if (heap.size > 0) expect(heap.first).toBe(sorted.best(() => false))
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('lets whoever keeps its key keep its turn when it is replaced', () => {
    const all = stations(1, 1, 1)
    const write = (at: number, keys: Float64Array): void => {
      keys[at] = all[at]!.inFlight
    }
    const first = new IndexedHeap(all, write, null)
    first.requeue(0)
    const second = new IndexedHeap(all, write, first)
    expect(second.first).toBe(1)
    all[1]!.inFlight = 1
    expect(new IndexedHeap(all, write, second).first).toBe(2)
  })

  it('asks about each that is refused once, and about nobody behind those that are not', () => {
    const all = Array.from({ length: 1_000 }, (_, at) => ({ name: String(at), weight: 1, inFlight: 0 }))
    const heap = new IndexedHeap(all, (at, keys) => (keys[at] = at), null)
    let asked = 0
    expect(heap.best(({ name }) => ++asked > 0 && Number(name) < 10)).toBe(10)
    expect(asked).toBeLessThan(30)
    asked = 0
    expect(heap.best(() => ++asked > 0)).toBe(-1)
    expect(asked).toBe(1_000)
  })

  it('is empty when it is made of nobody, and does not know a stranger', () => {
    const heap = new IndexedHeap<Station>([], () => {}, null)
    expect([heap.first, heap.size, heap.best(() => false), heap.indexOf(stations(1)[0]!)]).toEqual([-1, 0, -1, -1])
  })
})
