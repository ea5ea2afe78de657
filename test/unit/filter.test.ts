import { compose, createGateway, defineFilter, EdgeError, type Exchange, type Filter, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { checkOrder, flatten, nameOf } from '../../src/filter.js'

const exchange = { method: 'GET', with: () => exchange } as unknown as Exchange
const ok = async () => reply(200, 'ok')
const pass: Filter = (each, next) => next(each)
const named = (filterName: string, stage: 'observe' | 'guard' | 'shape' | 'store', more = {}): Filter =>
  defineFilter({ filterName, stage, ...more }, pass)

describe('compose', () => {
  it('links filters once, the first outermost', async () => {
    const told: string[] = []
    const tell =
      (name: string): Filter =>
      async (each, next) => {
        told.push(`${name} in`)
        const answer = await next(each)
        told.push(`${name} out`)
        return answer
      }
    const handler = compose(tell('a'), tell('b'), async () => {
      told.push('handler')
      return reply(204)
    })
    expect((await handler(exchange)).status).toBe(204)
    expect(told).toEqual(['a in', 'b in', 'handler', 'b out', 'a out'])
  })

  it('a filter may answer, change the exchange, replace the reply, or go on twice', async () => {
    expect((await compose(async () => reply(403), ok)(exchange)).status).toBe(403)
    const other = { ...exchange } as Exchange
    let got: Exchange | undefined
    await compose(
      (_each, next) => next(other),
      async (each) => {
        got = each
        return reply(200)
      },
    )(exchange)
    expect(got).toBe(other)
    let calls = 0
    await compose(
      async (each, next) => {
        await next(each)
        return next(each)
      },
      async () => {
        calls++
        return reply(200)
      },
    )(exchange)
    expect(calls).toBe(2)
  })

  it('a rejection passes through whoever does not catch it', async () => {
    const error = new EdgeError('ERR_EDGE_LOOP', 'x')
    await expect(compose(pass, pass, () => Promise.reject(error))(exchange)).rejects.toBe(error)
  })

  it('alone, a handler stays what it is, and is not the same function', async () => {
    const handler = compose(ok)
    expect(handler).not.toBe(ok)
    expect((await handler(exchange)).status).toBe(200)
  })

  it('knows all filters of the handlers inside it', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => named(name, 'shape')) as [Filter, Filter, Filter]
    const handler = compose(a, compose(b, compose(c, ok)))
    expect(handler.chain!.filters).toEqual([a, b, c])
    expect(handler.chain!.terminal).toBe(ok)
    expect(flatten([a], ok)).toEqual({ filters: [a], terminal: ok })
  })

  it('H-155 refuses what is no function, naming where it stands', () => {
    expect(() => compose(pass, 'x' as never, ok)).toThrow(/compose: option "1" is "x"; allowed: a filter/)
    expect(() => compose(pass, undefined as never)).toThrow(/option "1" is undefined; allowed: a handler/)
    expect(() => compose(...([] as unknown as [typeof ok]))).toThrow(EdgeError)
  })
})

describe('defineFilter', () => {
  it('gives a filter its traits, stage shape by default', async () => {
    const filter = defineFilter({ filterName: 'mine' }, pass)
    expect([filter.filterName, filter.stage, nameOf(filter)]).toEqual(['mine', 'shape', 'mine'])
    expect((await filter(exchange, ok)).status).toBe(200)
    expect(named('x', 'guard').stage).toBe('guard')
  })

  it('leaves the function it was given, and its options, as they were', () => {
    const run: Filter = (each, next) => next(each)
    const traits = Object.freeze({ filterName: 'mine', stage: 'guard' as const })
    defineFilter(traits, run)
    expect([Object.keys(run), traits]).toEqual([[], { filterName: 'mine', stage: 'guard' }])
  })

  it.each([
    [{ filterName: '' }, /filterName/],
    [{ filterName: 'x', stage: 'gaurd' }, /stage.*'observe', 'guard', 'shape', 'store'/],
    [{ filterName: 'x', filtername: 'y' }, /Did you mean "filterName"/],
    [{ filterName: 'x', start: 5 }, /start/],
    [{ filterName: 'x', needsReplyBody: 'yes' }, /true or false/],
    [null, /an object/],
  ])('H-155 refuses %j', (traits, message) => expect(() => defineFilter(traits as never, pass)).toThrow(message))

  it('H-155 refuses a run that is no function, and a filter without a name', () => {
    expect(() => defineFilter({ filterName: 'x' }, 5 as never)).toThrow(/run/)
    expect(() => defineFilter({} as never, pass)).toThrow(/filterName/)
  })
})

describe('order', () => {
  const cache = named('cache', 'store')
  const jwt = named('jwt', 'guard')
  const log = named('log', 'observe')
  const shape = named('shape', 'shape')

  it.each([
    ['guard before store', [log, jwt, shape, cache]],
    ['store last', [cache, log, shape, pass]],
    ['no store', [shape, jwt, log, jwt]],
    ['none', []],
  ])('H-177 %s is right', (_what, chain) => expect(() => checkOrder(chain, '/x')).not.toThrow())

  it('H-177 a store outside a guard is refused, naming both and the route', () => {
    expect(() => checkOrder([log, cache, shape, jwt], '/secret/**')).toThrow(
      expect.objectContaining({
        code: 'ERR_EDGE_FILTER_ORDER',
        message: expect.stringMatching(/\/secret\/\*\*.*"cache".*"jwt"/),
      }),
    )
  })

  it('H-177 a gateway looks through shared filters, routes and composed handlers', () => {
    const wrong = expect.objectContaining({ code: 'ERR_EDGE_FILTER_ORDER' })
    expect(() => createGateway({ filters: [cache], routes: [{ path: '/x', filters: [jwt], handler: ok }] })).toThrow(
      wrong,
    )
    expect(() => createGateway({ routes: [{ path: '/x', filters: [cache], handler: compose(jwt, ok) }] })).toThrow(
      wrong,
    )
    expect(() => createGateway({ routes: [{ path: '/x', handler: compose(cache, compose(jwt, ok)) }] })).toThrow(wrong)
    expect(() =>
      createGateway({ filters: [jwt], routes: [{ path: '/x', filters: [cache], handler: ok }] }),
    ).not.toThrow()
  })

  it('names filters that have no name', () => {
    expect(nameOf(pass)).toBe('pass')
    expect(nameOf((each, next) => next(each))).toBe('anonymous filter')
  })
})

describe('handOver', () => {
  const compress = named('compress', 'shape', { needsReplyBody: true })

  it('refuses a filter in front of it that needs the reply’s body, however deep', () => {
    const wrong = expect.objectContaining({
      code: 'ERR_EDGE_HAND_OVER',
      message: expect.stringContaining('"compress"'),
    })
    expect(() => compose(compress, handOver())).toThrow(wrong)
    expect(() => compose(compress, compose(pass, handOver()))).toThrow(wrong)
    expect(() => compose(pass, compose(compress, handOver()))).toThrow(wrong)
    expect(() => compose(compress, ok)).not.toThrow()
  })

  it('refuses one among a gateway’s shared or a route’s own filters', () => {
    const wrong = expect.objectContaining({ code: 'ERR_EDGE_HAND_OVER' })
    expect(() => createGateway({ filters: [compress], routes: [{ path: '/x', handler: handOver() }] })).toThrow(wrong)
    expect(() =>
      createGateway({ routes: [{ path: '/x', filters: [compress], handler: compose(pass, handOver()) }] }),
    ).toThrow(wrong)
  })

  it('is known for one through a chain', () => {
    expect([compose(pass, handOver()).handsOver, compose(pass, ok).handsOver]).toEqual([true, undefined])
  })
})

describe('life cycle', () => {
  it('a gateway starts and closes each distinct filter once, those in composed handlers included', async () => {
    const told: string[] = []
    const living = (name: string): Filter =>
      named(name, 'shape', {
        start: async () => void told.push(`start ${name}`),
        close: async () => void told.push(`close ${name}`),
      })
    const [a, b] = [living('a'), living('b')]
    const gateway = createGateway({
      filters: [a],
      routes: [
        { path: '/x', filters: [b], handler: compose(b, ok) },
        { path: '/y', filters: [a], handler: ok },
      ],
    })
    await gateway.ready
    expect(told.toSorted()).toEqual(['start a', 'start b'])
    await gateway.close()
    await gateway.close()
    expect(told.slice(2).toSorted()).toEqual(['close a', 'close b'])
  })
})
