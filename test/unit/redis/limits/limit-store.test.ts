import { setImmediate } from 'node:timers/promises'
import { EdgeError } from 'edgewise'
import { type RedisConnection, type RedisReply, redisLimitStore } from 'edgewise/redis'
import { describe, expect, it } from 'vitest'
import { compileRule } from '../../../../src/limiting/compile-rule.js'

interface Run {
  readonly keys: readonly string[]
  readonly args: readonly unknown[]
  readonly answer: (reply: RedisReply) => void
  readonly fail: (error: Error) => void
}

/** A connection that answers when the test does. */
function kit({ cluster = false, keyPrefix = 'p:' } = {}) {
  const runs: Run[] = []
  const calls: string[][] = []
  const refusals: string[] = []
  const connection: RedisConnection = {
    name: 'redis',
    keyPrefix,
    up: true,
    cluster,
    call: async (command, key) => {
      calls.push([command, key])
      return 1
    },
    run: (_script, keys, args) =>
      new Promise((resolve, reject) => runs.push({ keys, args, answer: resolve, fail: reject })),
    async *keys() {},
    refusal: (command, error) => {
      refusals.push(`${command} ${error.message}`)
      return new EdgeError('ERR_EDGE_STORE', 'refused', { cause: error })
    },
    close() {},
  }
  const counter = redisLimitStore(connection).open(compileRule('test', { limit: 10, windowMs: 1_000 }), 'x')
  return { counter, connection, runs, calls, refusals }
}

const operations = (runs: readonly Run[]): unknown[] => runs.map(({ args, keys }) => [args[0], keys.length])

describe('redisLimitStore', () => {
  it('asks for what comes in one turn in one run, and gives each its answer', async () => {
    const { counter, runs } = kit()
    const all = Promise.all([counter.take('a', 1), counter.take('b', 2), counter.take('c', 99)])
    await setImmediate()
    expect(operations(runs)).toEqual([['take', 3]])
    expect(runs[0]!.args).toEqual(['take', '10', '1000', '', '1', '2', '99'])
    runs[0]!.answer([9, 2_000, 0, 0, 500, 400, 10, 0, -1])
    expect(await all).toEqual([
      { allowed: true, limit: 10, remaining: 9, resetMs: 2_000, retryAfterMs: 0 },
      { allowed: false, limit: 10, remaining: 0, resetMs: 500, retryAfterMs: 400 },
      { allowed: false, limit: 10, remaining: 10, resetMs: 0, retryAfterMs: Number.POSITIVE_INFINITY },
    ])
  })

  it('sends the first at once, and what comes while it is under way together with the rest of the turn', async () => {
    const { counter, runs } = kit()
    void counter.take('a', 1)
    await null
    await new Promise((resolve) => process.nextTick(resolve))
    expect(operations(runs)).toEqual([['take', 1]])
    void counter.take('b', 1)
    await new Promise((resolve) => process.nextTick(resolve))
    void counter.take('c', 1)
    expect(runs).toHaveLength(1)
    await setImmediate()
    expect(operations(runs)).toEqual([
      ['take', 1],
      ['take', 2],
    ])
  })

  it('keeps the order of what one caller asks', async () => {
    const { counter, runs, calls } = kit()
    void counter.take('a', 1)
    void counter.give('a', 1)
    void counter.give('b', 1)
    void counter.peek('a', 1)
    void counter.take('a', 1)
    const done = counter.reset('a')
    void counter.take('a', 1)
    expect(operations(runs)).toEqual([
      ['take', 1],
      ['give', 2],
      ['peek', 1],
      ['take', 1],
    ])
    expect(calls).toEqual([['UNLINK', runs[0]!.keys[0]]])
    await done
    await setImmediate()
    expect(operations(runs).slice(4)).toEqual([['take', 1]])
  })

  it('holds Redis up for no more than a hundred decisions at once', async () => {
    const { counter, runs } = kit()
    for (let at = 0; at < 250; at++) void counter.take(`${at}`, 1)
    await setImmediate()
    expect(operations(runs)).toEqual([
      ['take', 100],
      ['take', 100],
      ['take', 50],
    ])
  })

  it('asks a cluster for one key at a time', () => {
    const { counter, runs } = kit({ cluster: true })
    for (let at = 0; at < 3; at++) void counter.take(`${at}`, 1)
    expect(operations(runs)).toEqual([
      ['take', 1],
      ['take', 1],
      ['take', 1],
    ])
  })

  it('H-144 fails all of a run that fails, and asks again', async () => {
    const { counter, runs } = kit()
    const ends = Promise.allSettled([counter.take('a', 1), counter.peek('b', 1), counter.give('c', 1)])
    await setImmediate()
    for (const { fail } of runs) fail(new EdgeError('ERR_EDGE_STORE', 'down'))
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_EDGE_STORE' } })
    const again = counter.take('a', 1)
    await setImmediate()
    runs.at(-1)!.answer([9, 1, 0])
    expect((await again).allowed).toBe(true)
  })

  it.each<[string, RedisReply]>([
    ['null', null],
    ['a number', 7],
    ['an empty list', []],
    ['a text', 'OK'],
  ])('H-144 leaves nobody waiting when the answer is %s', async (_what, reply) => {
    const { counter, runs, refusals } = kit()
    const ends = Promise.allSettled([counter.take('a', 1), counter.take('b', 1)])
    await setImmediate()
    runs[0]!.answer(reply)
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_EDGE_STORE' } })
    expect(refusals).toHaveLength(1)
  })

  it('fails a key whose answer is an error, and no other', async () => {
    const { counter, runs, refusals } = kit()
    const ends = Promise.allSettled([counter.take('a', 1), counter.take('b', 1), counter.take('c', 1)])
    await setImmediate()
    runs[0]!.answer([9, 1, 0, Buffer.from('WRONGTYPE no'), 0, 0, 8, 1, 0])
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(refusals).toEqual(['EVALSHA WRONGTYPE no'])
  })

  it('names keys by its prefix, that of the connection, or a short one', async () => {
    const { connection, runs } = kit({ keyPrefix: 'app:' })
    const rule = compileRule('test', { limit: 10 })
    void redisLimitStore(connection).open(rule, 'x').take('k', 1)
    void redisLimitStore(connection, { keyPrefix: 'l' }).open(rule, 'x').take('k', 1)
    const plain = kit({ keyPrefix: 'edgewise:' })
    void redisLimitStore(plain.connection).open(rule, 'x').take('k', 1)
    await setImmediate()
    const [own, short, usual] = [...runs, ...plain.runs].map(({ keys }) => keys[0]!)
    expect(own).toMatch(/^app:[\w-]{11}$/)
    expect(short).toBe(`l${own!.slice(4)}`)
    expect(usual).toBe(`ew:${own!.slice(4)}`)
  })

  it.each<[string, unknown[]]>([
    ['connection', [undefined]],
    ['connection', [{}]],
    ['name', [kit().connection, { name: '' }]],
    ['unknown option "prefix"', [kit().connection, { prefix: 'x' }]],
  ])('refuses, naming %s', (name, given) => {
    expect(() => redisLimitStore(...(given as Parameters<typeof redisLimitStore>))).toThrow(name)
    expect(() => redisLimitStore(...(given as Parameters<typeof redisLimitStore>))).toThrow(EdgeError)
  })
})
