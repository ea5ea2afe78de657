import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { cachedLookup } from '../../../src/upstream/cached-lookup.js'
import { fakeClock } from '../../support/index.js'

const V4: LookupAddress = { address: '127.0.0.1', family: 4 }
const V6: LookupAddress = { address: '::1', family: 6 }

/** A resolver that answers when told, and counts what it is asked. */
function resolver() {
  const asked: string[] = []
  const answers: ((error: Error | null, addresses: LookupAddress[]) => void)[] = []
  const lookup = ((hostname: string, options: { family?: number }, callback: never) => {
    asked.push(`${hostname} ${options.family}`)
    answers.push(callback)
  }) as unknown as LookupFunction
  return {
    lookup,
    asked,
    answer: (...addresses: LookupAddress[]) => answers.shift()!(null, addresses),
    fail: (code = 'ENOTFOUND') => answers.shift()!(Object.assign(new Error(code), { code }), []),
  }
}

function setUp(ttlMs = 1_000) {
  const clock = fakeClock()
  const far = resolver()
  const lookup = cachedLookup({ lookup: far.lookup, ttlMs, now: clock.now })
  const ask = (hostname = 'a.test', options: { all?: boolean; family?: number } = { all: true }): Promise<unknown> =>
    new Promise((resolve, reject) =>
      (lookup as unknown as (...args: unknown[]) => void)(
        hostname,
        options,
        (error: Error | null, ...found: unknown[]) =>
          error === null ? resolve(options.all === true ? found[0] : found) : reject(error),
      ),
    )
  return { clock, far, ask }
}

describe('the cached lookup', () => {
  it('H-099 asks once for all who want the same name at the same time', async () => {
    const { far, ask } = setUp()
    const all = Promise.all([ask(), ask(), ask()])
    expect(far.asked).toEqual(['a.test 0'])
    far.answer(V4)
    expect(await all).toEqual([[V4], [V4], [V4]])
  })

  it('H-099 believes an answer for its TTL, and asks again after', async () => {
    const { clock, far, ask } = setUp(1_000)
    const first = ask()
    far.answer(V4)
    await first
    await clock.advance(999)
    expect(await ask()).toEqual([V4])
    expect(far.asked).toHaveLength(1)
    await clock.advance(1)
    const second = ask()
    expect(far.asked).toHaveLength(2)
    far.answer({ address: '127.0.0.2', family: 4 })
    expect(await second).toEqual([{ address: '127.0.0.2', family: 4 }])
  })

  it('H-099 serves on with the last good answer while the resolver fails, and asks it each time', async () => {
    const { clock, far, ask } = setUp(1_000)
    const good = ask()
    far.answer(V4)
    await good
    for (const fail of [() => far.fail('SERVFAIL'), () => far.fail('ENOTFOUND'), () => far.answer()]) {
      await clock.advance(1_000)
      const later = ask()
      fail()
      expect(await later).toEqual([V4])
    }
    expect(far.asked).toHaveLength(4)
  })

  it('H-099 passes a failure on where there was never an answer, and remembers no failure', async () => {
    const { far, ask } = setUp()
    const failing = Promise.allSettled([ask(), ask()])
    far.fail()
    for (const each of await failing) expect(each).toMatchObject({ reason: { code: 'ENOTFOUND' } })
    const empty = ask()
    far.answer()
    await expect(empty).rejects.toThrow(/no address for a\.test/)
    const good = ask()
    far.answer(V4)
    expect(await good).toEqual([V4])
  })

  it('H-099 hands on all addresses of a name with A and AAAA, or the first to who wants one', async () => {
    const { far, ask } = setUp()
    const all = ask('a.test', { all: true })
    far.answer(V6, V4)
    expect(await all).toEqual([V6, V4])
    expect(await ask('a.test', {})).toEqual(['::1', 6])
    expect(far.asked).toHaveLength(1)
  })

  it('keeps names and address families apart', async () => {
    const { far, ask } = setUp()
    const both = Promise.all([ask('a.test'), ask('b.test'), ask('a.test', { all: true, family: 4 })])
    expect(far.asked).toEqual(['a.test 0', 'b.test 0', 'a.test 4'])
    far.answer(V4)
    far.answer(V6)
    far.answer(V4)
    expect(await both).toEqual([[V4], [V6], [V4]])
  })

  it('takes a resolver that answers with one address, as dns.lookup may', async () => {
    const lookup = cachedLookup({
      lookup: ((_name: string, _options: object, callback: (...found: unknown[]) => void) =>
        callback(null, '::1', 6)) as unknown as LookupFunction,
    })
    const found = await new Promise((resolve) =>
      (lookup as unknown as (...args: unknown[]) => void)('a.test', { all: true }, (_: null, list: unknown) =>
        resolve(list),
      ),
    )
    expect(found).toEqual([V6])
  })

  it('H-099 asks again after a resolver that threw, and tells who waited', async () => {
    let calls = 0
    const lookup = cachedLookup({
      lookup: ((_name: string, _options: object, callback: (...found: unknown[]) => void) => {
        if (++calls === 1) throw new Error('no resolver')
        callback(null, [V4])
      }) as unknown as LookupFunction,
    }) as unknown as (name: string, options: object, callback: (...found: unknown[]) => void) => void
    const ask = (): Promise<unknown> =>
      new Promise((resolve, reject) =>
        lookup('a.test', { all: true }, (error, list) => (error === null ? resolve(list) : reject(error))),
      )
    await expect(ask()).rejects.toThrow('no resolver')
    expect(await ask()).toEqual([V4])
  })
})
