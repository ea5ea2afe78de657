// Checked by `npm run types`: an expectation that does not hold is an error of its own.
import {
  type Authenticator,
  allOf,
  anyOf,
  apiKey,
  authenticator,
  basicAuth,
  clientCertificate,
  compose,
  type Exchange,
  handOver,
  jwt,
  optional,
  type Principal,
  principalOf,
} from 'edgewise'
import { same } from './equal.js'

declare const exchange: Exchange
interface Tenant {
  readonly tenant: string
}

const tokens = jwt<Tenant>({ jwksUri: 'https://login.test/keys', issuer: 'https://login.test/', audience: 'api' })
const partners = apiKey({ keys: { k: { id: 'acme' } } })
const sessions = authenticator({
  name: 'session',
  verify: async () => (Math.random() < 0.5 ? { id: 'ada', claims: { admin: true } } : null),
})

const known: Principal | undefined = principalOf(exchange)
const tenant: string | undefined = principalOf(exchange, tokens)?.claims.tenant
const admin: boolean | undefined = principalOf(exchange, sessions)?.claims.admin
const anything: unknown = principalOf(exchange)?.claims['tenant']
const other: unknown = principalOf(exchange, partners)?.claims['tenant']
// @ts-expect-error the token has no such claim
principalOf(exchange, tokens)?.claims.other

// A combination finds what one of it finds, or its last.
const claims = principalOf(exchange, anyOf(tokens, sessions))?.claims
if (claims !== undefined) same<typeof claims, Readonly<Tenant | { admin: boolean }>>()
const last: string | undefined = principalOf(exchange, allOf(partners, tokens))?.claims.tenant
const perhaps: string | undefined = principalOf(exchange, optional(tokens))?.claims.tenant

// Typed or not, they are authenticators, and filters.
const all: readonly Authenticator<object>[] = [tokens, partners, sessions, basicAuth({ users: {} })]
const plain: Authenticator[] = [partners, clientCertificate()]
anyOf(...all)
allOf(...plain)
compose(anyOf(tokens, partners), optional(sessions), handOver())

export { admin, anything, known, last, other, perhaps, tenant }
