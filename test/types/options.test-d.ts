import {
  type AccessLogOptions,
  type ApiKeyOptions,
  type AuthorizeOptions,
  apiKey,
  authorize,
  type BasicAuthOptions,
  basicAuth,
  type CacheOptions,
  type CertificateAuthOptions,
  type CompressOptions,
  type CorsOptions,
  cache,
  compress,
  cors,
  createGateway,
  createPool,
  type defineFilter,
  type EndpointOptions,
  type ExchangeChange,
  type ForwardAuthOptions,
  type ForwardOptions,
  forward,
  type GatewayOptions,
  type Handler,
  type HttpSignatureOptions,
  hmacSignature,
  type IntrospectOptions,
  type JwtOptions,
  jwt,
  type PoolOptions,
  type PrincipalLike,
  type QueueOptions,
  type RouteOptions,
  rateLimit,
  roundRobin,
  type WebhookSignatureOptions,
} from 'edgewise'
import { createProxyMiddleware } from 'edgewise/compat'
import { toExpress } from 'edgewise/express'
import { describe, expectTypeOf, it } from 'vitest'

declare const handler: Handler
declare const url: string | undefined

describe('an option', () => {
  it('has a name that there is', () => {
    // @ts-expect-error
    createGateway({ routes: [], trustedProxy: [] })
    // @ts-expect-error
    createGateway({ routes: [{ path: '/', handler, method: ['GET'] }] })
    // @ts-expect-error
    createPool({ name: 'x', endpoints: [], healt: {} })
    // @ts-expect-error
    createPool({ name: 'x', endpoints: [{ url: 'http://127.0.0.1:1', wieght: 2 }] })
    // @ts-expect-error
    forward('http://127.0.0.1:1', { timeoutMs: 1 })
    // @ts-expect-error
    rateLimit({ limit: 1, windowMs: 1, windows: 1 })
    // @ts-expect-error
    jwt({ jwksUrl: 'https://login.example.com' })
    // @ts-expect-error
    apiKey({ keys: { key: { id: 'acme', role: ['partner'] } } })
    // @ts-expect-error
    createPool({ name: 'x', endpoints: [], health: { active: { path: '/', interval: 5 } } })
    // @ts-expect-error
    compress({ treshold: 1 })
    // @ts-expect-error
    cors({ origins: ['https://example.com'] })
    // @ts-expect-error
    cache({ maxSize: 1 })
    // @ts-expect-error
    authorize({ role: ['admin'] })
    // @ts-expect-error
    toExpress(handler, { bas: '/api' })
  })

  it('has a value of its type', () => {
    // @ts-expect-error
    createGateway({ routes: [{ path: '/', handler, methods: 'GET' }] })
    // @ts-expect-error
    createGateway({ routes: [], underscoreHeaders: 'remove' })
    // @ts-expect-error
    createPool({ name: 'x', endpoints: 'http://127.0.0.1:1' })
    // @ts-expect-error a balancer is made by its factory
    createPool({ name: 'x', endpoints: [], balancer: roundRobin })
    // @ts-expect-error
    createPool({ name: 'x', endpoints: [], slowStartMs: '10s' })
    // @ts-expect-error
    rateLimit({ limit: '1', windowMs: 1 })
    // @ts-expect-error
    rateLimit({ limit: 1, windowMs: 1, algorithm: 'leaky-bucket' })
    // @ts-expect-error
    createProxyMiddleware('http://127.0.0.1:1')
    // @ts-expect-error
    jwt({ jwksUri: 'https://login.example.com', algorithms: ['none'] })
    // @ts-expect-error
    basicAuth({ users: { ada: 1 } })
    // @ts-expect-error
    toExpress({ routes: [] })
  })

  it('is there where it must be', () => {
    // @ts-expect-error
    createGateway({})
    // @ts-expect-error
    createGateway({ routes: [{ path: '/' }] })
    // @ts-expect-error
    createGateway({ routes: [{ handler }] })
    // @ts-expect-error
    createPool({ endpoints: [] })
    // @ts-expect-error
    forward({ changeOrigin: true })
    // @ts-expect-error
    rateLimit({ windowMs: 1 })
    // @ts-expect-error
    apiKey({ keys: [{ key: 'x' }] })
  })

  it('stands alone where it excludes others', () => {
    // @ts-expect-error the pool has the address
    forward('http://127.0.0.1:1', { pool: createPool({ name: 'x' }) })
    // @ts-expect-error each of several limits has a window of its own
    rateLimit({ limits: [{ limit: 1, windowMs: 1 }], windowMs: 1 })
    // @ts-expect-error keys are of the form 'http'
    hmacSignature({ form: 'github', secrets: ['x'], keys: {} })
    // @ts-expect-error secrets are of all other forms
    hmacSignature({ form: 'http', keys: {}, secrets: ['x'] })
  })
})

/** Options that may be left out, but not be `undefined`. */
type Unforgiving<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name>
    ? { [Key in Name]: undefined } extends Pick<Options, Name>
      ? never
      : Name
    : never
}[keyof Options]

describe('an option that may be left out', () => {
  it('may be undefined as well, under exactOptionalPropertyTypes', () => {
    expectTypeOf<Unforgiving<{ a?: string; b?: string | undefined; c: string }>>().toEqualTypeOf<'a'>()
    expectTypeOf<Unforgiving<GatewayOptions>>().toBeNever()
    expectTypeOf<Unforgiving<RouteOptions>>().toBeNever()
    expectTypeOf<Unforgiving<Handler>>().toBeNever()
    expectTypeOf<Unforgiving<Parameters<typeof defineFilter>[0]>>().toBeNever()
    expectTypeOf<Unforgiving<ExchangeChange>>().toBeNever()
    expectTypeOf<Unforgiving<PoolOptions>>().toBeNever()
    expectTypeOf<Unforgiving<EndpointOptions>>().toBeNever()
    expectTypeOf<Unforgiving<QueueOptions>>().toBeNever()
    expectTypeOf<Unforgiving<ForwardOptions>>().toBeNever()
    expectTypeOf<Unforgiving<Parameters<typeof rateLimit>[0]>>().toBeNever()
    expectTypeOf<Unforgiving<ApiKeyOptions>>().toBeNever()
    expectTypeOf<Unforgiving<BasicAuthOptions>>().toBeNever()
    expectTypeOf<Unforgiving<CertificateAuthOptions>>().toBeNever()
    expectTypeOf<Unforgiving<JwtOptions>>().toBeNever()
    expectTypeOf<Unforgiving<IntrospectOptions>>().toBeNever()
    expectTypeOf<Unforgiving<ForwardAuthOptions>>().toBeNever()
    expectTypeOf<Unforgiving<HttpSignatureOptions>>().toBeNever()
    expectTypeOf<Unforgiving<WebhookSignatureOptions>>().toBeNever()
    expectTypeOf<Unforgiving<PrincipalLike>>().toBeNever()
    expectTypeOf<Unforgiving<AuthorizeOptions>>().toBeNever()
    expectTypeOf<Unforgiving<CorsOptions>>().toBeNever()
    expectTypeOf<Unforgiving<CompressOptions>>().toBeNever()
    expectTypeOf<Unforgiving<CacheOptions>>().toBeNever()
    expectTypeOf<Unforgiving<AccessLogOptions>>().toBeNever()
    expectTypeOf<Unforgiving<Parameters<typeof toExpress>[1] & object>>().toBeNever()
    basicAuth({ users: { ada: 'x' }, verify: undefined, realm: url })
  })
})
