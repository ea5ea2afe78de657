import {
  branchOf,
  compose,
  createGateway,
  defineFilter,
  EdgeError,
  handOver,
  reply,
  type SplitOptions,
  split,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'

const answering = { handler: async (): Promise<ReturnType<typeof reply>> => reply(200, 'ok') }
const halves = (stable: number, canary: number): SplitOptions['branches'] => ({
  stable: { ...answering, weight: stable },
  canary: { ...answering, weight: canary },
})

/** Numbers evenly spread over [0, 1). */
function evenly(count: number): () => number {
  let at = 0
  return () => (at++ % count) / count
}

async function shares(handler: ReturnType<typeof split>, count: number, key?: (at: number) => string): Promise<object> {
  const found: Record<string, number> = {}
  for (let at = 0; at < count; at++) {
    const exchange = asked('/', key === undefined ? {} : { headers: { 'x-user': key(at) } })
    await handler(exchange)
    const branch = branchOf(exchange)!
    found[branch] = (found[branch] ?? 0) + 1
  }
  return found
}

describe('split', () => {
  it('sends each branch its share', async () => {
    expect(await shares(split({ branches: halves(95, 5), random: evenly(100) }), 1000)).toEqual({
      stable: 950,
      canary: 50,
    })
    expect(await shares(split({ branches: halves(1, 0), random: evenly(10) }), 100)).toEqual({ stable: 100 })
  })

  it('keeps a key on its branch, and moves only those that a growing last branch takes', async () => {
    const handler = split({ branches: halves(90, 10), key: { header: 'x-user' } })
    const branches = async (): Promise<string[]> => {
      const found: string[] = []
      for (let at = 0; at < 2000; at++) {
        const exchange = asked('/', { headers: { 'x-user': `user-${at}` } })
        await handler(exchange)
        found.push(branchOf(exchange)!)
      }
      return found
    }
    const before = await branches()
    expect(await branches()).toEqual(before)
    const share = before.filter((each) => each === 'canary').length
    expect(share).toBeGreaterThan(140)
    expect(share).toBeLessThan(260)
    handler.setWeight('canary', 90)
    const after = await branches()
    expect(after.filter((branch, at) => branch !== before[at] && branch !== 'canary')).toEqual([])
    expect(handler.weights).toEqual({ stable: 90, canary: 90 })
  })

  it('keeps a client by its cookie until the branch takes nobody any more', async () => {
    const handler = split({ branches: halves(0, 1), cookie: { name: 'branch' } })
    const first = await handler(asked('/'))
    const [line] = [first.headers['set-cookie']!].flat()
    expect(line).toMatch(/^branch=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/)
    handler.setWeight('stable', 1_000_000)
    const cookie = line!.split(';')[0]!
    const again = asked('/', { headers: { cookie: `a=1; ${cookie}` } })
    expect((await handler(again)).headers['set-cookie']).toBeUndefined()
    expect(branchOf(again)).toBe('canary')
    handler.setWeight('canary', 0)
    const moved = asked('/', { headers: { cookie } })
    expect([(await handler(moved)).headers['set-cookie']].flat()).toHaveLength(1)
    expect(branchOf(moved)).toBe('stable')
  })

  it.each(['branch=canary', 'branch=', 'branch=AAAAAAAAAAAAAAAAAAAAAA', 'xbranch=1'])(
    'H-112 a cookie %j that is not ours leads nowhere',
    async (cookie) => {
      const handler = split({ branches: halves(1, 1), cookie: { name: 'branch' }, random: () => 0 })
      const exchange = asked('/', { headers: { cookie } })
      expect([(await handler(exchange)).headers['set-cookie']].flat()).toHaveLength(1)
      expect(branchOf(exchange)).toBe('stable')
    },
  )

  it('starts and closes what its branches own, once, with the gateway', async () => {
    const told: string[] = []
    const part = (name: string): ReturnType<typeof defineFilter> =>
      defineFilter(
        {
          filterName: name,
          start: async () => void told.push(`start ${name}`),
          close: async () => void told.push(`close ${name}`),
        },
        (exchange, next) => next(exchange),
      )
    const shared = part('shared')
    const end = Object.assign(async () => reply(200), { close: async () => void told.push('close end') })
    const handler = split({
      branches: {
        a: { handler: compose(shared, part('a'), end), weight: 1 },
        b: { handler: compose(shared, split({ branches: { c: { handler: end, weight: 1 } } })), weight: 1 },
      },
    })
    const gateway = createGateway({ routes: [{ path: '/**', filters: [part('outer')], handler }] })
    await gateway.ready
    await gateway.close()
    expect(told).toEqual([
      'start outer',
      'start shared',
      'start a',
      'close outer',
      'close shared',
      'close a',
      'close end',
    ])
  })

  it('H-177 order is checked through its branches, and handing over is seen', () => {
    const store = defineFilter({ filterName: 'shelf', stage: 'store' }, (exchange, next) => next(exchange))
    const guard = defineFilter({ filterName: 'door', stage: 'guard' }, (exchange, next) => next(exchange))
    const inside = split({ branches: { a: { handler: compose(guard, answering.handler), weight: 1 } } })
    expect(() => createGateway({ routes: [{ path: '/', filters: [store], handler: inside }] })).toThrow(EdgeError)
    const reader = defineFilter({ filterName: 'reader', needsReplyBody: true }, (exchange, next) => next(exchange))
    const away = split({ branches: { a: { handler: handOver(), weight: 1 } } })
    expect(away.handsOver).toBe(true)
    expect(() => compose(reader, away)).toThrow('which handOver() never sees')
  })

  it.each([
    [{ branches: {} }, 'at least one branch'],
    [{ branches: { a: { ...answering, weight: -1 } } }, 'branch "a": option "weight" is -1'],
    [{ branches: { a: { ...answering, weight: 0 } } }, 'more than 0'],
    [{ branches: { a: { weight: 1 } } }, 'branch "a": option "handler"'],
    [{ branches: halves(1, 1), key: 'colour' }, "'client', 'path'"],
    [{ branches: halves(1, 1), cookie: { name: 'a b' } }, 'a cookie name'],
  ])('refuses %j', (options, allowed) => expect(() => split(options as never)).toThrow(allowed))

  it('refuses weights that leave nobody, and keeps the old ones', () => {
    const handler = split({ branches: halves(1, 0) })
    expect(() => handler.setWeight('stable', 0)).toThrow('more than 0')
    expect(() => handler.setWeight('beta', 1)).toThrow('stable, canary')
    expect(() => handler.setWeight('canary', Number.NaN)).toThrow('whole number')
    expect(handler.weights).toEqual({ stable: 1, canary: 0 })
  })
})
