import {
  compose,
  createGateway,
  type Exchange,
  type Filter,
  forward,
  type Gateway,
  type GatewayOptions,
  type Handler,
  handOver,
  type PathParams,
  type RouteHandler,
  type RouteOptions,
  rateLimit,
  reply,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import { describe, expectTypeOf, it } from 'vitest'

declare const plain: Handler
declare const plainFilter: Filter
declare const byId: Handler<{ id: string }>
declare const byIdFilter: Filter<{ id: string }>
declare const text: string
declare const takesAny: (exchange: Exchange) => void

/** What a handler of a route with this path gets. */
type ParamsFor<Path extends string> = Parameters<RouteOptions<Path>['handler']>[0]['params']

describe('what a pattern captures', () => {
  it('is named by the pattern', () => {
    createGateway({
      routes: [
        {
          path: '/users/:id/posts/:post',
          handler: async ({ params }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly id: string; readonly post: string }>()
            // @ts-expect-error there is no such name in the path
            params.nope
            // @ts-expect-error nor may a name be set
            params.id = '1'
            return reply(200, params.id)
          },
        },
        { path: '/files/**', handler: async ({ params }) => reply(200, params[0].toUpperCase()) },
        {
          path: '/users/:id/**',
          filters: [
            async (exchange, next) => {
              expectTypeOf(exchange.params).toEqualTypeOf<{ readonly id: string; readonly 0: string }>()
              return next(exchange)
            },
            plainFilter,
          ],
          handler: plain,
        },
      ],
    })
  })

  it('is numbered from the left where there is no name, as the captures are', () => {
    expectTypeOf<ParamsFor<'/'>>().toEqualTypeOf<Readonly<Record<never, string>>>()
    expectTypeOf<ParamsFor<'/users'>>().toEqualTypeOf<Readonly<Record<never, string>>>()
    expectTypeOf<ParamsFor<'/**'>>().toEqualTypeOf<{ readonly 0: string }>()
    expectTypeOf<ParamsFor<'/users/**'>>().toEqualTypeOf<{ readonly 0: string }>()
    expectTypeOf<ParamsFor<'/files/*.png'>>().toEqualTypeOf<{ readonly 0: string }>()
    expectTypeOf<ParamsFor<'/a/*/:x/*b/**'>>().toEqualTypeOf<{
      readonly 0: string
      readonly x: string
      readonly 1: string
      readonly 2: string
    }>()
    expectTypeOf<ParamsFor<'/**/:name/**'>>().toEqualTypeOf<{
      readonly 0: string
      readonly name: string
      readonly 1: string
    }>()
    expectTypeOf<ParamsFor<'/v?/[ab]'>>().toEqualTypeOf<Readonly<Record<never, string>>>()
  })

  it('may be anything where the pattern is not known', () => {
    expectTypeOf<ParamsFor<string>>().toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf<ParamsFor<`${string}/:id`>>().toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf<Exchange['params']>().toEqualTypeOf<Readonly<Record<string, string>>>()
    createGateway({
      routes: [
        {
          path: `${text}/:id`,
          handler: async ({ params }) => {
            expectTypeOf(params['id']).toEqualTypeOf<string | undefined>()
            return reply(200)
          },
        },
      ],
    })
  })

  it('has a type of its own, for what is written elsewhere', () => {
    expectTypeOf<PathParams<'/users/:id/**'>>().toEqualTypeOf<{ id: string; 0: string }>()
    expectTypeOf<PathParams>().toEqualTypeOf<Record<string, string>>()
    expectTypeOf<RouteHandler<'/users/:id'>>().toEqualTypeOf<Handler<{ id: string }>>()
    expectTypeOf<RouteHandler>().toEqualTypeOf<Handler>()
  })

  it('is of one pattern or the other where a path is of two', () => {
    expectTypeOf<ParamsFor<'/a/:x' | '/b/:y'>>().toEqualTypeOf<{ readonly x: string } | { readonly y: string }>()
  })
})

describe('handlers and filters', () => {
  it('fit every route as long as they need nothing of the path', () => {
    createGateway({
      routes: [
        { path: '/', handler: plain },
        { path: '/users/:id', filters: [plainFilter, rateLimit({ limit: 1, windowMs: 1 })], handler: plain },
        { path: '/users/:id/*', handler: compose(plainFilter, plain) },
        { path: text, filters: [plainFilter], handler: forward('http://127.0.0.1:1') },
        { path: '/x/:id', handler: handOver() },
      ],
    })
  })

  it('fit the routes that capture what they say they need', () => {
    createGateway({
      routes: [
        { path: '/users/:id', filters: [byIdFilter], handler: byId },
        { path: '/users/:id/posts/:post', handler: compose(plainFilter, byIdFilter, byId) },
        {
          path: '/users/:id/x',
          handler: compose(plainFilter, async ({ params }: Exchange<{ id: string }>) => reply(200, params.id)),
        },
        // @ts-expect-error another name
        { path: '/users/:name', handler: byId },
        // @ts-expect-error no name at all
        { path: '/users', handler: byId },
        // @ts-expect-error another name
        { path: '/users/:name', filters: [byIdFilter], handler: plain },
        // @ts-expect-error nobody knows
        { path: text, handler: byId },
      ],
    })
    // @ts-expect-error there is no route to capture anything
    toExpress(byId)
  })

  it('hand on what they need when they are composed', () => {
    expectTypeOf(compose(plainFilter, plain)).toEqualTypeOf<Handler>()
    expectTypeOf(compose(plainFilter, byId)).toEqualTypeOf<Handler<{ id: string }>>()
    expectTypeOf(compose(byIdFilter, plain)).toEqualTypeOf<Handler<{ id: string }>>()
  })

  it('may pass what they have to what takes any exchange', () => {
    const show: Handler<{ id: string }> = async (exchange) => {
      takesAny(exchange)
      takesAny(exchange.detach())
      expectTypeOf(exchange.with({ method: 'PUT' }).params.id).toBeString()
      // @ts-expect-error params change as a whole, and the id would be gone
      exchange.with({ params: {} })
      return plain(exchange)
    }
    expectTypeOf(show).toExtend<Handler<{ id: string; post: string }>>()
  })

  it('name texts only', () => {
    // @ts-expect-error captures are texts
    expectTypeOf<Handler<{ id: number }>>()
  })
})

describe('options made elsewhere', () => {
  const list: RouteOptions[] = [{ path: '/users/:id', handler: async ({ params }) => reply(200, params['id']) }]
  const options: GatewayOptions = { routes: list, caseSensitive: undefined }
  const loose = [
    { path: '/a', handler: plain },
    { path: '/b/:id', methods: ['GET'], handler: plain },
  ]

  it('are taken as ever', async () => {
    expectTypeOf(createGateway(options)).toEqualTypeOf<Gateway>()
    createGateway({ ...options, routes: [...list, ...loose] })
    createGateway({ routes: loose })
    createGateway({ routes: [] })
    createGateway({ routes: list.map((route) => ({ ...route, path: `/v1${route.path}` })) })
    createGateway({ routes: ['/a', '/b/:c'].map((path) => ({ path, handler: plain })) })
    createGateway({ routes: [...list, { path: '/c/:id', handler: async ({ params }) => reply(200, params.id) }] })
    const more = (routes: readonly RouteOptions[], rest: Partial<GatewayOptions>) => createGateway({ routes, ...rest })
    await more(list, {}).reload(options)
    const wrapped = <const Paths extends readonly string[]>(given: GatewayOptions<Paths>) => createGateway(given)
    wrapped({ routes: [{ path: '/c/:id', handler: async ({ params }) => reply(200, params.id) }] })
  })

  it('are typed for reload, too', async () => {
    await createGateway(options).reload({
      routes: [
        {
          path: '/users/:id',
          handler: async ({ params }) => {
            // @ts-expect-error there is no such name in the path
            params.nope
            return reply(200, params.id)
          },
        },
      ],
    })
  })
})
