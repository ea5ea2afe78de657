import {
  type Authenticator,
  allOf,
  anyOf,
  apiKey,
  authenticator,
  basicAuth,
  type CertificateClaims,
  clientCertificate,
  compose,
  type Exchange,
  forwardAuth,
  handOver,
  httpSignature,
  introspect,
  jwt,
  optional,
  type Principal,
  type PrincipalLike,
  principalOf,
  reply,
  webhookSignature,
} from 'edgewise'
import { describe, expectTypeOf, it } from 'vitest'

interface Tenant {
  readonly tenant: string
}

declare const exchange: Exchange
declare const text: string
declare const known: boolean

const tokens = jwt<Tenant>({ jwksUri: 'https://login.example.com/jwks.json' })
const partners = apiKey({ keys: { key: { id: 'acme' } } })
const session = authenticator({ name: 'session', verify: () => ({ id: 'ada', claims: { floor: 3 } }) })

describe('the principal', () => {
  it('of an exchange has claims that nobody vouches for', () => {
    expectTypeOf(principalOf(exchange)).toEqualTypeOf<Principal | undefined>()
    expectTypeOf(principalOf(exchange)!.claims).toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })

  it('of an authenticator has those of its type', () => {
    expectTypeOf(principalOf(exchange, tokens)).toEqualTypeOf<Principal<Tenant> | undefined>()
    expectTypeOf(principalOf(exchange, tokens)?.claims.tenant).toEqualTypeOf<string | undefined>()
    expectTypeOf(principalOf(undefined, tokens)!.claims.tenant).toBeString()
    expectTypeOf(principalOf(exchange, partners)).toEqualTypeOf<Principal | undefined>()
    // @ts-expect-error there is no such claim
    principalOf(exchange, tokens)?.claims.tenat
    // @ts-expect-error a type alone is no authenticator
    principalOf<Tenant>(exchange)
    // @ts-expect-error a filter is none
    principalOf(exchange, async () => reply(200))
    // @ts-expect-error a framework's request is no exchange
    principalOf({ headers: {} })
  })

  it('is one of any kind as well', () => {
    expectTypeOf(principalOf(exchange, tokens)!).toExtend<Principal>()
    expectTypeOf(tokens).toExtend<Authenticator<object>>()
    const all: readonly Authenticator<object>[] = [tokens, partners, session]
    const plain: readonly Authenticator[] = [partners, session, basicAuth({ users: {} })]
    compose(anyOf(...all), optional(allOf(...plain)), handOver())
  })
})

describe('what authenticators say of claims', () => {
  it('is what somebody vouches for, or any', () => {
    expectTypeOf(introspect<Tenant>({ endpoint: text })).toEqualTypeOf<Authenticator<Tenant>>()
    expectTypeOf(apiKey<Tenant>({ keys: {} })).toEqualTypeOf<Authenticator<Tenant>>()
    expectTypeOf(basicAuth<Tenant>({ users: {} })).toEqualTypeOf<Authenticator<Tenant>>()
    expectTypeOf(jwt({ jwksUri: text })).toEqualTypeOf<Authenticator>()
    expectTypeOf(introspect({ endpoint: text })).toEqualTypeOf<Authenticator>()
    expectTypeOf(webhookSignature({ secrets: [text] })).toEqualTypeOf<Authenticator>()
    expectTypeOf(httpSignature({ keys: {} })).toEqualTypeOf<Authenticator>()
  })

  it('is what a verifier answers', () => {
    expectTypeOf(session).toEqualTypeOf<Authenticator<{ floor: number }>>()
    const asking = authenticator({
      name: 'asking',
      verify: async ({ headers }) =>
        headers['x'] === undefined ? null : headers['x'] === 'y' && { id: 'ada', claims: { tenant: text, floor: 3 } },
    })
    expectTypeOf(asking).toEqualTypeOf<Authenticator<{ tenant: string; floor: number }>>()
    expectTypeOf(clientCertificate({ verify: () => ({ id: text, claims: { team: text } }) })).toEqualTypeOf<
      Authenticator<{ team: string }>
    >()
  })

  it('is any where an answer may leave them out', () => {
    const some = authenticator({
      name: 'some',
      verify: () => (known ? { id: text, claims: { tenant: text } } : { id: text }),
    })
    expectTypeOf(principalOf(exchange, some)!.claims['tenant']).toBeUnknown()
    const perhaps = authenticator({ name: 'perhaps', verify: (): PrincipalLike<Tenant> | null => null })
    expectTypeOf(perhaps).toEqualTypeOf<Authenticator>()
  })

  it('is what a certificate has', () => {
    expectTypeOf(clientCertificate()).toEqualTypeOf<Authenticator<CertificateClaims>>()
    expectTypeOf(clientCertificate({ verify: async () => known })).toEqualTypeOf<Authenticator<CertificateClaims>>()
    expectTypeOf(principalOf(exchange, clientCertificate())!.claims.subject).toBeString()
    const either = clientCertificate({ verify: () => known || { id: text, claims: { team: text } } })
    expectTypeOf(either).toEqualTypeOf<Authenticator<CertificateClaims | { team: string }>>()
  })

  it('is the fields of a service that was asked, but for credentials', () => {
    const asked = forwardAuth({ url: text, requestHeaders: ['X-User', 'authorization', 'Cookie'] })
    expectTypeOf(principalOf(exchange, asked)!.claims).toEqualTypeOf<{ readonly 'x-user': string | undefined }>()
    const none = forwardAuth({ url: text })
    // @ts-expect-error the upstream gets no field
    principalOf(exchange, none)!.claims['x-user']
    const fields: string[] = []
    expectTypeOf(forwardAuth({ url: text, requestHeaders: fields })).toExtend<Authenticator>()
  })

  it('is that of any member of a combination, and of optional the same', () => {
    expectTypeOf(anyOf(tokens, session)).toEqualTypeOf<Authenticator<Tenant | { floor: number }>>()
    expectTypeOf(optional(tokens)).toEqualTypeOf<Authenticator<Tenant>>()
    expectTypeOf(anyOf(tokens, anyOf(tokens))).toEqualTypeOf<Authenticator<Tenant>>()
    expectTypeOf(principalOf(exchange, anyOf(tokens, session))!.claims).toEqualTypeOf<
      Readonly<Tenant> | Readonly<{ floor: number }>
    >()
    // @ts-expect-error nobody knows which of both it was
    principalOf(exchange, anyOf(tokens, session))!.claims.tenant
    // @ts-expect-error a filter knows nobody
    anyOf(tokens, async () => reply(200))
  })

  it('is that of any member of allOf, too: the last one may know nobody', () => {
    const both = allOf(session, optional(tokens))
    expectTypeOf(both).toEqualTypeOf<Authenticator<Tenant | { floor: number }>>()
    // @ts-expect-error without a token it is the session's principal
    principalOf(exchange, both)!.claims.tenant
  })
})
