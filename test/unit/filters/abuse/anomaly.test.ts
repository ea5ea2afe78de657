import { type AnomalyOptions, anomaly, ban, compose, type EdgeEvents, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Baselines } from '../../../../src/filters/abuse/baselines.js'
import { seededRandom } from '../../../support/index.js'
import { asked } from '../../asked.js'

const HOUR = 3_600_000

const rules = { intervalMs: 10_000, warmUp: 30, minRequests: 50, deviations: 6, maxClients: 10_000 }

/** Feeds a client's arrivals, each so long behind the one before; tells when it was found unusual. */
function spells(baselines: Baselines, key: string, from: number, until: number, gap: (at: number) => number): number[] {
  const found: number[] = []
  for (let at = from + gap(from); at < until; at += gap(at)) if (baselines.count(key, at) !== null) found.push(at)
  return found
}

const poisson = (random: () => number, perSecond: number): number => (-Math.log(1 - random()) * 1_000) / perSecond

describe('an anomaly', () => {
  it('is hardly ever found in 200 client-hours of steady, daily and bursty traffic: at most one in 50 hours', () => {
    const random = seededRandom(11)
    const baselines = new Baselines(rules)
    let found = 0
    for (let client = 0; client < 10; client++) {
      const rate = 0.5 + random() * 20
      // Pages: a burst of up to 60 requests, then some time of reading.
      let left = 0
      const page = (): number => {
        if (left-- > 0) return 40
        left = Math.floor(random() * 60)
        return 2_000 + random() * 30_000
      }
      const daily = (at: number): number =>
        poisson(random, rate * (1 + 0.8 * Math.sin((at / (6 * HOUR)) * 2 * Math.PI)))
      found += spells(baselines, `steady ${client}`, 0, 6 * HOUR, () => poisson(random, rate)).length
      found += spells(baselines, `daily ${client}`, 0, 7 * HOUR, daily).length
      found += spells(baselines, `bursty ${client}`, 0, 7 * HOUR, page).length
    }
    expect(found).toBeLessThanOrEqual(4)
  })

  it('is found within seconds of a tenfold rate, once a spell, and again in the next', () => {
    const random = seededRandom(3)
    const baselines = new Baselines(rules)
    const at = (rate: number) => () => poisson(random, rate)
    expect(spells(baselines, 'a', 0, HOUR, at(5))).toEqual([])
    const first = spells(baselines, 'a', HOUR, HOUR + 30_000, at(50))
    expect(first).toHaveLength(1)
    expect(first[0]! - HOUR).toBeLessThan(4_000)
    expect(spells(baselines, 'a', HOUR + 30_000, 2 * HOUR, at(5))).toEqual([])
    expect(spells(baselines, 'a', 2 * HOUR, 2 * HOUR + 30_000, at(50))).toHaveLength(1)
  })

  it('is not what a client does that has no past, or asks for little', () => {
    const random = seededRandom(5)
    const baselines = new Baselines(rules)
    expect(spells(baselines, 'new', 0, 200_000, () => poisson(random, 500))).toEqual([])
    expect(spells(baselines, 'small', 0, HOUR, () => poisson(random, 0.05))).toEqual([])
    expect(spells(baselines, 'small', HOUR, HOUR + 60_000, () => 250)).toEqual([])
  })

  it('a new level becomes usual after some minutes', () => {
    const random = seededRandom(9)
    const baselines = new Baselines(rules)
    spells(baselines, 'a', 0, HOUR, () => poisson(random, 5))
    spells(baselines, 'a', HOUR, 2 * HOUR, () => poisson(random, 50))
    expect(spells(baselines, 'a', 2 * HOUR, 4 * HOUR, () => poisson(random, 50))).toEqual([])
  })

  it('H-202 is looked for in so many clients; new ones never take the place of known ones', () => {
    const baselines = new Baselines({ ...rules, maxClients: 100 })
    spells(baselines, 'known', 0, 400_000, () => 200)
    for (let at = 0; at < 100_000; at++) baselines.count(`new ${at}`, 400_000)
    expect(baselines.size).toBeLessThanOrEqual(101)
    let found = null
    for (let at = 0; at < 500 && found === null; at++) found = baselines.count('known', 400_001)
    expect(found?.mean).toBeCloseTo(50, 0)
  })

  const learned = async (options: AnomalyOptions = {}) => {
    const time = { now: 0 }
    const events = new EventHub()
    const told: EdgeEvents['anomaly'][] = []
    events.on('anomaly', (event) => told.push(event))
    const bans = ban({ rules: [{ count: 'anomalies', limit: 1 }], events })
    const filter = anomaly({ intervalMs: 1_000, warmUpIntervals: 3, events, now: () => time.now, ...options })
    await bans.start!()
    const handler = compose(bans, filter, async () => reply(200))
    const ask = (address: string) => handler(asked('/', { client: { address } }))
    return { time, told, ask, bans, filter }
  }

  it('passes, and is told of; a ban in front counts it', async () => {
    const { time, told, ask, bans, filter } = await learned()
    for (; time.now < 5_000; time.now += 100) await ask('192.0.2.1')
    let passed = 0
    while ((await ask('192.0.2.1')).status === 200) passed++
    expect([told.length, told[0]!.key, told[0]!.count, Math.round(told[0]!.usual)]).toEqual([1, '192.0.2.1', 51, 10])
    expect([passed, bans.has('192.0.2.1')]).toEqual([51, true])
    expect(filter.explain!(asked('/'))).toMatchObject({ verdict: 'pass', why: 'it only counts' })
    expect((await ask('192.0.2.2')).status).toBe(200)
  })

  it.each<[unknown, RegExp]>([
    [{ intervalMs: 0 }, /"intervalMs" is 0/],
    [{ warmUpIntervals: 1 }, /"warmUpIntervals" is 1/],
    [{ deviations: 0 }, /"deviations" is 0/],
    [{ interval: 1 }, /Did you mean "intervalMs"/],
  ])('H-155 refuses %j', (options, message) => expect(() => anomaly(options as never)).toThrow(message))
})
