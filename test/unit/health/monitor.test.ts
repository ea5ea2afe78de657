import { createHealthMonitor, events, type HealthMonitorOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeClock, seededRandom } from '../../support/index.js'

interface Station {
  readonly name: string
}
const a: Station = { name: 'a' }

/** A monitor over a clock that only moves when told, with a probe that answers as `answer` says. */
function setUp(options: Partial<HealthMonitorOptions<Station>> = {}) {
  const clock = fakeClock()
  const changes: string[] = []
  const probes: { at: number; signal: AbortSignal }[] = []
  const far = { well: true as boolean | Promise<boolean> }
  const monitor = createHealthMonitor<Station>({
    intervalMs: 1_000,
    timeoutMs: 300,
    jitter: 0,
    random: () => 0,
    clock,
    now: clock.now,
    probe: async (_station, signal) => {
      probes.push({ at: clock.now(), signal })
      return far.well
    },
    onChange: ({ name }, healthy, why) => changes.push(`${clock.now()} ${name} ${healthy ? 'up' : 'down'}: ${why}`),
    ...options,
  })
  return { clock, changes, probes, far, monitor }
}

describe('the health monitor', () => {
  it('H-108 takes an endpoint down after `fall` bad answers in a row, and up after `rise` good ones', async () => {
    const { clock, changes, far, monitor } = setUp({ rise: 2, fall: 3 })
    monitor.add(a)
    await clock.advance(10)
    far.well = false
    await clock.advance(2_000)
    expect(monitor.isHealthy(a)).toBe(true)
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(false)
    far.well = true
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(false)
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(true)
    expect(changes).toEqual(['3001 a down: probe answered no', '5001 a up: 2 good probes'])
  })

  it('H-108 is not moved by answers that flap faster than its rise and fall', async () => {
    const { clock, changes, far, monitor, probes } = setUp({ rise: 2, fall: 2 })
    monitor.add(a)
    for (let round = 0; round < 20; round++) {
      far.well = round % 2 === 0
      await clock.advance(1_000)
    }
    expect(probes).toHaveLength(20)
    expect(changes).toEqual([])
    monitor.markDown(a, 'traffic')
    for (let round = 0; round < 20; round++) {
      far.well = round % 2 === 0
      await clock.advance(1_000)
    }
    expect(changes).toEqual(['20000 a down: traffic'])
  })

  it('counts a probe that rejects, throws or takes too long as a bad answer, and says why', async () => {
    for (const [probe, why] of [
      [() => Promise.reject(new Error('refused')), 'refused'],
      [
        () => {
          throw new Error('thrown')
        },
        'thrown',
      ],
      [() => new Promise<boolean>(() => {}), 'no answer within 300 ms'],
    ] as const) {
      const { clock, changes, monitor } = setUp({ fall: 1, probe })
      monitor.add(a)
      await clock.advance(400)
      expect(changes).toEqual([expect.stringContaining(`a down: ${why}`)])
    }
  })

  it('tells a probe by its signal that its time is over', async () => {
    const { clock, far, probes, monitor } = setUp()
    far.well = new Promise(() => {})
    monitor.add(a)
    await clock.advance(300)
    expect(probes[0]!.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(probes[0]!.signal.aborted).toBe(true)
  })

  it('H-108 never has two probes of one endpoint out, however slow they are', async () => {
    const clock = fakeClock()
    let out = 0
    let most = 0
    let asked = 0
    const { monitor } = setUp({
      clock,
      intervalMs: 100,
      timeoutMs: 1_000,
      probe: () => {
        asked++
        most = Math.max(most, ++out)
        return new Promise((resolve) =>
          clock.setTimeout(() => {
            out--
            resolve(true)
          }, 350),
        )
      },
    })
    monitor.add(a)
    await clock.advance(10_000)
    expect(most).toBe(1)
    // From the end of one to the start of the next: 350 + 100 each.
    expect(asked).toBe(23)
  })

  it('spreads its probes by jitter, around the interval', async () => {
    const { clock, probes, monitor } = setUp({ jitter: 0.5, random: seededRandom(5) })
    monitor.add(a)
    await clock.advance(100_000)
    const gaps = probes.slice(1).map(({ at }, index) => at - probes[index]!.at)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(750)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_250)
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(300)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    expect(Math.abs(mean - 1_000)).toBeLessThan(60)
  })

  it('asks first within a tenth of the interval, not all at once', async () => {
    const { clock, probes, monitor } = setUp({ random: seededRandom(2) })
    for (let at = 0; at < 50; at++) monitor.add({ name: String(at) })
    await clock.advance(101)
    expect(probes).toHaveLength(50)
    expect(new Set(probes.map(({ at }) => at)).size).toBeGreaterThan(20)
  })

  it('H-108 lets real traffic take an endpoint down at once, and only probes bring it back', async () => {
    const { clock, changes, monitor } = setUp({ rise: 2 })
    monitor.add(a)
    await clock.advance(10)
    monitor.markDown(a, 'traffic: reset')
    monitor.markDown(a, 'traffic: reset')
    expect(changes).toEqual(['10 a down: traffic: reset'])
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(false)
    // Traffic has another bad word on it: the good probe before does not count any more.
    monitor.markDown(a, 'traffic: reset')
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(false)
    await clock.advance(1_000)
    expect(changes.at(-1)).toBe('3001 a up: 2 good probes')
  })

  it('H-108 does not believe a good answer to a probe that began before traffic took the endpoint down', async () => {
    const { clock, far, monitor } = setUp({ rise: 1 })
    const late = Promise.withResolvers<boolean>()
    far.well = late.promise
    monitor.add(a)
    await clock.advance(10)
    monitor.markDown(a, 'traffic')
    late.resolve(true)
    await clock.advance(10)
    expect(monitor.isHealthy(a)).toBe(false)
    await clock.advance(1_000)
    expect(monitor.isHealthy(a)).toBe(true)
  })

  it('asks faster while answers speak for a change, and at another pace while it is down (HAProxy fastinter, downinter)', async () => {
    const pace = { intervalMs: 1_000, fastIntervalMs: 100, downIntervalMs: 5_000 }
    const { clock, far, monitor, probes } = setUp({ ...pace, rise: 3, fall: 3 })
    monitor.add(a)
    await clock.advance(1_001)
    far.well = false
    // Up: bad answers at 2001, 2101 and 2201 take it down; it is asked again 5 s later.
    await clock.advance(6_300)
    far.well = true
    await clock.advance(20_000)
    const times = probes.map(({ at }) => at)
    expect(times.slice(0, 11)).toEqual([1, 1_001, 2_001, 2_101, 2_201, 7_201, 12_201, 12_301, 12_401, 13_401, 14_401])
  })

  it('asks soon when traffic took an endpoint down, if it is to be asked often then', async () => {
    const { clock, monitor, probes } = setUp({ intervalMs: 60_000, downIntervalMs: 500, rise: 2 })
    monitor.add(a)
    await clock.advance(1_000)
    monitor.markDown(a, 'traffic')
    await clock.advance(1_000)
    expect(probes.map(({ at }) => at)).toEqual([1, 1_500, 2_000])
    expect(monitor.isHealthy(a)).toBe(true)
    // Never two at a time: the one before was replaced.
    await clock.advance(59_000)
    expect(probes).toHaveLength(3)
  })

  it('H-108 wants more good answers each time from an endpoint that flaps, to a maximum, and fewer again as it stays up', async () => {
    const { clock, changes, monitor } = setUp({ rise: 2, flapDamping: { windowMs: 10_000, maxRise: 5 } })
    monitor.add(a)
    await clock.advance(10)
    const goods = (): string[] => changes.filter((each) => each.includes('up')).map((each) => each.split(': ')[1]!)
    for (let round = 0; round < 4; round++) {
      monitor.markDown(a, 'traffic')
      while (!monitor.isHealthy(a)) await clock.advance(1_000)
    }
    expect(goods()).toEqual(['2 good probes', '4 good probes', '5 good probes', '5 good probes'])
    await clock.advance(30_000)
    for (let round = 0; round < 2; round++) {
      monitor.markDown(a, 'traffic')
      while (!monitor.isHealthy(a)) await clock.advance(1_000)
      await clock.advance(100_000)
    }
    expect(goods().slice(4)).toEqual(['4 good probes', '2 good probes'])
  })

  it('damps by default to three times its rise, and not at all where told', async () => {
    for (const [flapDamping, last] of [
      [undefined, '6 good probes'],
      [false, '2 good probes'],
    ] as const) {
      const { clock, changes, monitor } = setUp({ rise: 2, flapDamping })
      monitor.add(a)
      await clock.advance(10)
      for (let round = 0; round < 5; round++) {
        monitor.markDown(a, 'traffic')
        while (!monitor.isHealthy(a)) await clock.advance(1_000)
      }
      expect(changes.at(-1)).toContain(last)
    }
  })

  it('goes on probing though onChange throws, and reports that as a fault', async () => {
    const faults: string[] = []
    const off = events.on('fault', ({ where }) => faults.push(where))
    const { clock, far, monitor, probes } = setUp({
      fall: 1,
      onChange: () => {
        throw new Error('hook')
      },
    })
    monitor.add(a)
    far.well = false
    await clock.advance(3_500)
    off()
    expect([probes.length, faults]).toEqual([4, ['createHealthMonitor onChange']])
  })

  it('H-116 leaves no timer behind after remove and close, and takes no late answer', async () => {
    const { clock, changes, far, probes, monitor } = setUp({ fall: 1 })
    const b: Station = { name: 'b' }
    const late = Promise.withResolvers<boolean>()
    far.well = late.promise
    monitor.add(a)
    monitor.add(a)
    monitor.add(b)
    await clock.advance(10)
    monitor.remove(a)
    expect(probes[0]!.signal.aborted).toBe(true)
    monitor.close()
    late.resolve(false)
    await clock.advance(10)
    expect(clock.pending).toBe(0)
    expect(changes).toEqual([])
    expect(probes).toHaveLength(2)
    expect(monitor.isHealthy(a)).toBe(false)
    monitor.markDown(a, 'traffic')
    expect(changes).toEqual([])
  })

  it('refuses options that make no sense, by name', () => {
    expect(() => setUp({ rise: 0 })).toThrow(/"rise" is 0.*from 1 to 1000/)
    expect(() => setUp({ jitter: 2 })).toThrow(/"jitter" is 2/)
    expect(() => setUp({ intervalMs: Number.NaN })).toThrow(/"intervalMs"/)
    expect(() => setUp({ fal: 1 } as never)).toThrow(/Did you mean "fall"/)
  })
})
