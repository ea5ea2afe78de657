// Checked by `npm run types`: an expectation that does not hold is an error of its own.
import {
  createGateway,
  type Exchange,
  type Filter,
  type GatewayOptions,
  type Handler,
  handOver,
  type PathParams,
  type RouteOptions,
  reply,
} from 'edgewise'
import { same } from './equal.js'

declare const handler: Handler
declare const filter: Filter
declare const options: GatewayOptions
declare const routes: readonly RouteOptions[]
declare const paths: readonly string[]

same<PathParams<'/users/:id/posts/:post'>, { readonly id: string; readonly post: string }>()
same<PathParams<'/*/a/**'>, { readonly 0: string; readonly 1: string }>()
same<PathParams<'/:tenant/*.png'>, { readonly tenant: string; readonly 0: string }>()
same<keyof PathParams<'/plain'>, never>()
same<PathParams, Readonly<Record<string, string>>>()

const gateway = createGateway({
  filters: [filter],
  routes: [
    { path: '/users/:id', methods: undefined, handler: async ({ params }) => reply(200, params.id.toUpperCase()) },
    { path: '/files/**', handler: async ({ params }) => reply(200, params[0]) },
    { path: '/any', handler },
    { path: '/plain/:id', handler: async (exchange: Exchange) => reply(200, exchange.params['id']) },
    { path: '/app', handler: handOver() },
    { path: '/with/:id', handler: async (exchange) => reply(200, exchange.with({ method: 'GET' }).params.id) },
  ],
})

// @ts-expect-error the path captures no such name
createGateway({ routes: [{ path: '/users/:id', handler: async ({ params }) => reply(200, params.nope) }] })
// @ts-expect-error a misspelt option
createGateway({ routes: [{ path: '/x', methdos: ['GET'], handler }] })
// @ts-expect-error no handler
createGateway({ routes: [{ path: '/y' }] })
// @ts-expect-error a path is a text
createGateway({ routes: [{ path: 5, handler }] })
// @ts-expect-error a handler answers with a promise
createGateway({ routes: [{ path: '/z', handler: () => reply(200) }] })

createGateway(options)
createGateway({ ...options, caseSensitive: false })
createGateway({ routes })
createGateway({ routes: [...routes, { path: '/one-more', handler }] })
createGateway({ routes: paths.map((path) => ({ path, handler })) })
// @ts-expect-error a misspelt option
createGateway({ routes, trustedProxy: [] })
// @ts-expect-error routes are needed
createGateway({})

await gateway.reload(options)
await gateway.reload({ routes: [{ path: '/v2/:id', handler: async ({ params }) => reply(200, params.id) }] })
await gateway.reload({
  // @ts-expect-error the path captures no such name
  routes: [{ path: '/v2/:id', handler: async ({ params }) => reply(200, params.other) }],
})
