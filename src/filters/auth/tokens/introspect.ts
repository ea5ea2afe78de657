import type { Milliseconds } from '../../../options.js'
import { unsure } from '../authentication.js'
import { type Authentication, type Authenticator, defineAuthenticator } from '../authenticator.js'
import { isToken68 } from './bearer.js'
import { bearerChallenge } from './challenge.js'
import { type Claims, compileMapping } from './claims-mapping.js'
import { Flights } from './flights.js'
import { checkIntrospect, type IntrospectOptions } from './introspect-options.js'
import { Introspection } from './introspection.js'
import { introspectionRules } from './introspection-rules.js'
import { realTimeline } from './timeline.js'
import { TokenMemory } from './token-memory.js'
import { tokenReader } from './token-reader.js'

/** What is remembered of an answer. */
interface Answered {
  readonly authentication: Authentication
  /** On the clock of answers. */
  readonly freshUntil: Milliseconds
  /** As the token says itself: milliseconds since 1970. */
  readonly from: Milliseconds
  readonly until: Milliseconds
}

/**
 * Lets pass who has a token that its issuer calls active: asks the issuer's introspection endpoint (RFC 7662), which opaque tokens need and which knows of
 * revoked ones.
 *
 * Answers are remembered, active ones no longer than their `exp`; who asks about the same token at the same time waits for one answer.
 * An endpoint that says nothing lets nobody pass: `ERR_EDGE_AUTH_SOURCE`, a 503.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const tokens = introspect({
 *   endpoint: 'https://login.example.com/oauth2/introspect',
 *   clientId: 'orders-api',
 *   clientSecret: process.env.INTROSPECTION_SECRET,
 *   audience: 'https://api.example.com',
 * })
 * ```
 */
export function introspect<KnownClaims extends object = Record<string, unknown>>(
  options: IntrospectOptions,
): Authenticator<KnownClaims> {
  checkIntrospect(options)
  const { cache, realm = 'api', now = Date.now, clock = realTimeline, maxTokenLength = 8_192 } = options
  const { plain, reject } = bearerChallenge('introspect', realm)
  const { read, strip } = tokenReader('introspect', options.from, reject)
  const fault = introspectionRules(options)
  const principalOf = compileMapping('introspection', options.claims ?? {})
  const { maxAgeMs = 60_000, inactiveMaxAgeMs = 5_000, ...size } = cache || {}
  const active = cache === false ? null : new TokenMemory<Answered>(size)
  const inactive = cache === false ? null : new TokenMemory<Answered>(size)
  const flights = new Flights<Authentication>()
  const source = new Introspection(options, {
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs: options.timeoutMs ?? 5_000,
    maxBytes: options.maxReplyBytes ?? 65_536,
    clock,
  })

  const valid = ({ authentication, from, until }: Answered): Authentication => {
    const moment = now()
    if (moment >= until) return reject('it has expired')
    return moment >= from ? authentication : reject('it is not good yet')
  }
  const fresh = (known: Answered | undefined): Answered | undefined => {
    return known !== undefined && clock.now() < known.freshUntil ? known : undefined
  }
  const recall = (token: string, how: 'get' | 'peek' = 'get'): Authentication | undefined => {
    const known = fresh(active?.[how](token)) ?? fresh(inactive?.[how](token))
    return known === undefined ? undefined : valid(known)
  }
  const isNone = (token: string): boolean => token.length > maxTokenLength || !isToken68(token)
  const judge = (claims: Claims | null): Answered => {
    const why = claims === null ? 'it is not active' : fault(claims)
    const principal = why === null ? principalOf(claims!) : null
    if (principal === null) {
      const authentication = reject(why ?? 'it names nobody')
      return { authentication, freshUntil: clock.now() + inactiveMaxAgeMs, from: -Infinity, until: Infinity }
    }
    const { nbf = -Infinity, exp = Infinity } = claims as { readonly nbf?: number; readonly exp?: number }
    const authentication: Authentication = { outcome: 'accepted', principal }
    return { authentication, freshUntil: clock.now() + maxAgeMs, from: nbf * 1000, until: exp * 1000 }
  }
  const ask = async (token: string): Promise<Authentication> => {
    const answered = judge(await source.ask(token))
    const memory = answered.authentication.outcome === 'accepted' ? active : inactive
    memory?.set(token, answered)
    return valid(answered)
  }
  return defineAuthenticator(
    {
      filterName: 'introspect',
      challenge: plain,
      authenticate: (exchange) => {
        const token = read(exchange)
        if (typeof token !== 'string') return token
        const known = recall(token)
        if (known !== undefined) return known
        if (isNone(token)) return reject('it is too long, or no token')
        return flights.once(token, () => ask(token))
      },
      strip,
      close: async () => source.close(),
      explain: (exchange) => {
        const token = read(exchange)
        if (typeof token !== 'string') return token
        const known = recall(token, 'peek')
        if (known !== undefined) return known
        return isNone(token) ? reject('it is too long, or no token') : unsure('it would ask about the token')
      },
    },
    options,
  )
}
