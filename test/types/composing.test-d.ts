import {
  compose,
  defineFilter,
  type Exchange,
  type Filter,
  type Handler,
  type PlainHandler,
  type Reply,
  reply,
  type StateKey,
  stateKey,
} from 'edgewise'
import { describe, expectTypeOf, it } from 'vitest'

declare const handler: Handler
declare const filter: Filter
declare const maybe: (() => Promise<void>) | undefined

describe('a chain', () => {
  it('is filters and, last, a handler', () => {
    expectTypeOf(compose(handler)).toEqualTypeOf<Handler>()
    expectTypeOf(compose(filter, filter, handler)).toEqualTypeOf<Handler>()
    const filters: Filter[] = [filter]
    expectTypeOf(compose(...filters, handler)).toEqualTypeOf<Handler>()
    compose(async (exchange, next) => {
      expectTypeOf(exchange).toEqualTypeOf<Exchange>()
      expectTypeOf(next).toEqualTypeOf<PlainHandler>()
      return next(exchange)
    }, handler)
    // @ts-expect-error nobody answers
    compose(filter)
    // @ts-expect-error nobody at all
    compose()
    // @ts-expect-error the handler comes last
    compose(filter, handler, filter)
    // @ts-expect-error a handler answers with a reply
    compose(filter, async () => 'text')
    // @ts-expect-error the reply comes later
    compose(filter, () => reply(200))
    // @ts-expect-error a filter hands the reply on
    compose(async (exchange, next) => void (await next(exchange)), handler)
  })

  it('may have the arguments that it needs, and no more', () => {
    expectTypeOf<() => Promise<Reply>>().toExtend<Handler>()
    expectTypeOf<(exchange: Exchange) => Promise<Reply>>().toExtend<Filter>()
    expectTypeOf<(exchange: Exchange, next: PlainHandler) => Promise<Reply>>().not.toExtend<Handler>()
    expectTypeOf<(exchange: Exchange, next: PlainHandler, more: string) => Promise<Reply>>().not.toExtend<Filter>()
  })
})

describe('defineFilter', () => {
  it('gives a filter of its traits', () => {
    const run: Filter = async (exchange, next) => next(exchange)
    expectTypeOf(defineFilter({ filterName: 'x' }, run)).toEqualTypeOf<Filter>()
    expectTypeOf(
      defineFilter({ filterName: 'x' }, async ({ params }: Exchange<{ id: string }>) => reply(200, params.id)),
    ).toEqualTypeOf<Filter<{ id: string }>>()
    defineFilter({ filterName: 'x', stage: undefined, needsReplyBody: undefined, start: maybe, close: maybe }, run)
    // @ts-expect-error a filter has a name
    defineFilter({}, run)
    // @ts-expect-error a stage is one of four
    defineFilter({ filterName: 'x', stage: 'early' }, run)
    // @ts-expect-error there is no such trait
    defineFilter({ filterName: 'x', closes: maybe }, run)
  })
})

describe('an exchange', () => {
  it('is read-only, but for values that have a key', () => {
    const tenant = stateKey<{ readonly id: string }>('tenant')
    expectTypeOf(tenant).toEqualTypeOf<StateKey<{ readonly id: string }>>()
    const read = (exchange: Exchange) => {
      exchange.set(tenant, { id: 'acme' })
      expectTypeOf(exchange.get(tenant)).toEqualTypeOf<{ readonly id: string } | undefined>()
      // @ts-expect-error a value of another type
      exchange.set(tenant, 'acme')
      // @ts-expect-error a key is made by stateKey()
      exchange.get('tenant')
      // @ts-expect-error changed by `with` only
      exchange.method = 'PUT'
      // @ts-expect-error the target never changes
      exchange.with({ target: exchange.target })
      const changed = exchange.with({ method: undefined, wire: undefined, headers: undefined, body: undefined })
      expectTypeOf(changed).toEqualTypeOf<Exchange>()
    }
    expectTypeOf(read).toBeFunction()
  })

  it('keeps keys of different values apart', () => {
    expectTypeOf<StateKey<string>>().not.toExtend<StateKey<number>>()
  })
})
