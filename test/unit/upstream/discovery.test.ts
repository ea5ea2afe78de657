import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { type Discovery, type EndpointList, events, type FollowDiscoveryOptions, followDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, fakeClock } from '../../support/index.js'

const A = 'http://10.0.0.1'
const B = 'http://10.0.0.2'

/** Follows, and tells what happened as words: lists in brackets, failures as they are. */
function follow(discovery: Discovery, options: Partial<FollowDiscoveryOptions> = {}) {
  const clock = fakeClock()
  const seen: string[] = []
  const stop = followDiscovery(discovery, {
    apply: (list) => void seen.push(`[${list.map(String).join(' ')}]`),
    failed: (error) => void seen.push(error.message),
    clock: { setTimeout: clock.setTimeout, clearTimeout: (timer) => clock.clearTimeout(timer as never) },
    now: () => clock.now(),
    random: () => 0,
    ...options,
  })
  return { clock, seen, stop }
}

/** A source of which each run is one of these. */
function runs(...each: readonly (() => AsyncGenerator<EndpointList | Error>)[]): Discovery & { begun: number } {
  const source = {
    begun: 0,
    [Symbol.asyncIterator]: () => each[Math.min(source.begun++, each.length - 1)]!(),
  }
  return source
}

async function* fails(message = 'down'): AsyncGenerator<EndpointList | Error> {
  yield await Promise.reject(new Error(message))
}

const never = new Promise<never>(() => {})

describe('following a source of endpoints', () => {
  it('applies each list, in order', async () => {
    const { seen } = follow(
      runs(async function* () {
        yield [A]
        yield [A, new URL(B)]
        yield []
      }),
    )
    await eventually(() => seen.length === 3)
    expect(seen).toEqual([`[${A}]`, `[${A} ${B}/]`, '[]'])
  })

  it('reports an Error in place of a list, and goes on with the same run', async () => {
    const source = runs(async function* () {
      yield [A]
      yield new Error('hiccup')
      yield [B]
      await never
    })
    const { seen, clock } = follow(source)
    await eventually(() => seen.length === 3)
    expect(seen).toEqual([`[${A}]`, 'hiccup', `[${B}]`])
    expect([source.begun, clock.pending]).toEqual([1, 0])
  })

  it.each<[string, unknown, RegExp]>([
    ['something else than a list', 'http://a', /allowed: an array of endpoints/],
    ['nothing', undefined, /allowed: an array of endpoints/],
    ['an address that is none', [A, 'nonsense'], /"nonsense"/],
    ['an unknown option', [A, { url: B, wait: 3 }], /unknown option "wait"/],
    ['null in it', [A, null], /allowed/],
    ['a name twice', [A, `${A}/`], /different names/],
    [
      'a name twice, given',
      [
        { url: A, name: 'a' },
        { url: B, name: 'a' },
      ],
      /different names/,
    ],
  ])('applies nothing of a list with %s', async (_what, list, message) => {
    const { seen } = follow(
      runs(async function* () {
        yield [A]
        yield list as EndpointList
        yield [B]
      }),
    )
    await eventually(() => seen.length === 3)
    expect([seen[0], seen[2]]).toEqual([`[${A}]`, `[${B}]`])
    expect(seen[1]).toMatch(message)
  })

  it('reports what `apply` throws, and goes on', async () => {
    const applied: unknown[] = []
    const { seen } = follow(
      runs(async function* () {
        yield [A]
        yield [B]
      }),
      {
        apply: (list) => {
          applied.push(list)
          if (applied.length === 1) throw new Error('cannot')
        },
      },
    )
    await eventually(() => applied.length === 2)
    expect(seen).toEqual(['cannot'])
  })

  it('starts a source that threw again, each time after twice as long, up to the longest wait', async () => {
    const source = runs(fails)
    const { clock, seen } = follow(source)
    const begun: number[] = []
    for (let at = 0; at < 7; at++) {
      await clock.advance(0)
      begun.push(clock.now())
      const next = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000][at]!
      await clock.advance(next - 1)
      expect(source.begun).toBe(at + 1)
      await clock.advance(1)
      expect(source.begun).toBe(at + 2)
    }
    expect(seen).toHaveLength(8)
  })

  it('shortens each wait by up to half, by chance', async () => {
    const source = runs(fails)
    const { clock } = follow(source, { random: () => 0.999_999, minBackOffMs: 1_000 })
    await clock.advance(499)
    expect(source.begun).toBe(1)
    await clock.advance(2)
    expect(source.begun).toBe(2)
  })

  it('starts over with the shortest wait after a run as long as the longest, not after one that failed sooner', async () => {
    const clock = fakeClock()
    const begun: number[] = []
    const lasts = (ms: number) =>
      async function* (): AsyncGenerator<EndpointList | Error> {
        begun.push(clock.now())
        await new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
        yield* fails()
      }
    const { stop } = follow(runs(lasts(1), lasts(1), lasts(9_998), lasts(10_000), lasts(1)), {
      maxBackOffMs: 10_000,
      clock: { setTimeout: clock.setTimeout, clearTimeout: (timer) => clock.clearTimeout(timer as never) },
      now: () => clock.now(),
    })
    await clock.advance(29_000)
    const waits = [1 + 1_000, 1 + 2_000, 9_998 + 4_000, 10_000 + 1_000]
    expect(begun.slice(1, 5).map((at, before) => at - begun[before]!)).toEqual(waits)
    stop()
  })

  it('is done with a source that ends: it has no more to tell', async () => {
    const source = runs(async function* () {
      yield [A]
    })
    const { seen, clock } = follow(source)
    await eventually(() => seen.length === 1)
    await clock.advance(600_000)
    expect([source.begun, seen.length, clock.pending]).toEqual([1, 1, 0])
  })

  it('says so when a source has failed and cannot be iterated anew, as a generator that threw', async () => {
    const { clock, seen } = follow(fails())
    await clock.advance(1_000)
    expect(seen).toEqual(['down', expect.stringContaining('cannot be iterated anew')])
    await clock.advance(600_000)
    expect([seen.length, clock.pending]).toEqual([2, 0])
  })

  it('takes a source whose iterator cannot even be made as one that threw', async () => {
    const { clock, seen } = follow({
      [Symbol.asyncIterator]: () => {
        throw 'no words'
      },
    })
    await clock.advance(1_000)
    expect(seen).toEqual(['no words', 'no words'])
  })

  it('never lets a source that does not wait starve the process', async () => {
    const { seen, stop } = follow(
      runs(async function* () {
        for (;;) yield [A]
      }),
    )
    await delay(5)
    stop()
    expect(seen.length).toBeGreaterThan(1)
  })

  it('tells the iterator when stopped, and applies and reports nothing any more', async () => {
    let returned = 0
    const gate = Promise.withResolvers<IteratorResult<EndpointList>>()
    const { seen, stop } = follow({
      [Symbol.asyncIterator]: () => ({
        next: () => gate.promise,
        return: () => {
          returned++
          return Promise.reject(new Error('not even that'))
        },
      }),
    })
    stop()
    stop()
    gate.resolve({ done: false, value: [A] })
    await setImmediate()
    expect([returned, seen]).toEqual([1, []])
  })

  it('leaves no timer when stopped between two runs', async () => {
    const source = runs(fails)
    const { clock, stop } = follow(source)
    await clock.advance(1)
    expect(clock.pending).toBe(1)
    stop()
    expect(clock.pending).toBe(0)
  })

  it('may be stopped by what it calls', async () => {
    const source = runs(fails)
    const { clock, stop } = follow(source, { failed: () => stop() })
    await clock.advance(60_000)
    expect([source.begun, clock.pending]).toEqual([1, 0])
    const applied: unknown[] = []
    const second = follow(
      runs(async function* () {
        yield [A]
        yield [B]
      }),
      {
        apply: (list) => {
          applied.push(list)
          second.stop()
        },
      },
    )
    await delay(5)
    expect(applied).toHaveLength(1)
  })

  it('reports a `failed` that throws as a fault', async () => {
    const faults: unknown[] = []
    const off = events.on('fault', ({ error }) => faults.push(error))
    const wrong = new Error('mine')
    const { stop } = follow(runs(fails), {
      failed: () => {
        throw wrong
      },
    })
    await eventually(() => faults.length > 0)
    off()
    stop()
    expect(faults).toEqual([wrong])
  })

  it('refuses what is no source, and options that are not allowed', () => {
    const good = { apply: () => {}, failed: () => {} }
    expect(() => followDiscovery((() => {}) as never, good)).toThrow(
      /"discovery" is a function; allowed: an async iterable/,
    )
    expect(() => followDiscovery(runs(fails), { ...good, failed: undefined as never })).toThrow(/"failed"/)
    expect(() => followDiscovery(runs(fails), { ...good, minBackOffMs: 0 })).toThrow(/"minBackOffMs" is 0/)
  })
})
