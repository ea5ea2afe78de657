import { type Decision, type LimitCounter, type LimitRule, memoryLimitStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../support/index.js'
import { algorithms } from '../kit.js'

const ruleOf = (change: Partial<LimitRule>): LimitRule => ({
  algorithm: 'gcra',
  limit: 3,
  windowMs: 60_000,
  burst: change.limit ?? 3,
  period: null,
  ...change,
})

describe.each(algorithms)('the memory store by %s', (algorithm) => {
  it('H-145 never forgets an exhausted key, whoever else comes', () => {
    let time = 1_000_000
    const counter = memoryLimitStore({ maxKeys: 1_000, now: () => time }).open(ruleOf({ algorithm }), 'x')
    for (let unit = 0; unit < 3; unit++) counter.take('A', 1)
    for (let other = 0; other < 5_000; other++) {
      counter.take(`other ${other}`, 1)
      time += 1
    }
    expect(counter.take('A', 1)).toMatchObject({ allowed: false })
  })

  it('H-145 keys that it has no room for share their counts: each is limited, none more than all of them', () => {
    const counter = memoryLimitStore({ maxKeys: 10, now: () => 1_000_000 }).open(ruleOf({ algorithm }), 'x')
    for (let key = 0; key < 10; key++) counter.take(`${key}`, 1)
    const passed = Array.from({ length: 10 }, () => (counter.take('late', 1) as Decision).allowed)
    expect(passed.filter(Boolean).length).toBe(3)
    let units = 0
    for (let key = 0; key < 20_000; key++) units += (counter.take(`more ${key}`, 1) as Decision).allowed ? 1 : 0
    expect(units).toBeLessThanOrEqual(3 * 1_024)
    expect(units).toBeGreaterThan(2 * 1_024)
  })

  it('H-145 a key that shared a count is not given a new one with a place of its own', () => {
    let time = 1_000_000
    const counter = memoryLimitStore({ maxKeys: 1, now: () => time }).open(ruleOf({ algorithm, windowMs: 1_000 }), 'x')
    counter.take('first', 1)
    time += 500
    for (let unit = 0; unit < 3; unit++) counter.take('late', 1)
    counter.reset('first')
    expect(counter.take('late', 1)).toMatchObject({ allowed: false })
    time += 2_000
    expect(counter.take('late', 3)).toMatchObject({ allowed: true })
    expect(counter.take('first', 3)).toMatchObject({ allowed: true })
  })

  it('makes room of what has run out, as new keys come', () => {
    let time = 1_000_000
    const rule = ruleOf({ algorithm, windowMs: 1_000 })
    const counter = memoryLimitStore({ maxKeys: 100, now: () => time }).open(rule, 'x')
    // 40 keys in two windows: no more than 100 places are needed for any number of them.
    let denied = 0
    for (let key = 0; key < 10_000; key++, time += 50) if (!(counter.take(`${key}`, 3) as Decision).allowed) denied += 1
    expect(denied).toBe(0)
  })

  it('gives each key what a store of its own would, while rows go from one to the next', () => {
    const random = seededRandom(7)
    let time = 1_000_000
    const open = (): LimitCounter =>
      memoryLimitStore({ now: () => time }).open(ruleOf({ algorithm, windowMs: 100 }), 'x')
    const together = open()
    const alone = Array.from({ length: 300 }, open)
    for (let step = 0; step < 20_000; step++, time += random() * 8) {
      // Those who come now are others than those who came a while ago.
      const at = (Math.floor(time / 500) * 10 + Math.floor(random() * 10)) % alone.length
      const cost = Math.floor(random() * 4)
      for (const counter of [together, alone[at]!]) {
        if (step % 11 === 0) void counter.reset(`${at}`)
        else if (step % 7 === 0) void counter.give(`${at}`, cost)
      }
      expect(together.take(`${at}`, cost)).toEqual(alone[at]!.take(`${at}`, cost))
    }
  })
})

describe('memoryLimitStore', () => {
  it('shares counts of one name, and refuses another rule under it', () => {
    const store = memoryLimitStore()
    store.open(ruleOf({}), 'x').take('a', 1)
    expect(store.open(ruleOf({}), 'x').take('a', 1)).toMatchObject({ remaining: 1 })
    expect(store.open(ruleOf({}), 'y').take('a', 1)).toMatchObject({ remaining: 2 })
    expect(() => store.open(ruleOf({ limit: 4 }), 'x')).toThrow('"name"')
  })

  it('H-145 holds a bounded number of moments, whoever has them', () => {
    const rule = ruleOf({ algorithm: 'sliding-log', limit: 10_000 })
    const counter = memoryLimitStore({ now: () => 1_000_000 }).open(rule, 'x')
    let units = 0
    for (let key = 0; key < 4_000; key++) units += (counter.take(`${key}`, 10_000) as Decision).allowed ? 10_000 : 0
    // 1,000 keys of their own, and 1,024 shared ones.
    expect(units / 10_000).toBeLessThanOrEqual(2_024)
  })

  it.each([{ maxKeys: 0 }, { maxKeys: 1.5 }, { now: 5 }, { max: 5 }])('refuses %o', (options) => {
    expect(() => memoryLimitStore(options as never)).toThrow(Object.keys(options)[0]!)
  })

  it('forgets all when closed', () => {
    const store = memoryLimitStore()
    const counter = store.open(ruleOf({ limit: 1 }), 'x')
    counter.take('a', 1)
    void store.close()
    expect(counter.take('a', 1)).toMatchObject({ allowed: true })
  })
})

describe('memory', () => {
  it.each(algorithms)('H-145 of a million keys by %s is bounded', (algorithm) => {
    let time = 1_000_000
    const counter = memoryLimitStore({ maxKeys: 10_000, now: () => time }).open(ruleOf({ algorithm }), 'x')
    const heap = (): number => {
      globalThis.gc!()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const before = heap()
    for (let key = 0; key < 1_000_000; key++, time += 0.05) counter.take(`203.0.${key >> 8}.${key & 255}`, 1)
    expect(heap() - before).toBeLessThan(4_000_000)
    expect(counter.peek('another', 1)).toBeDefined()
  })
})
