import { events as sharedEvents } from '../../../events.js'
import { loadPackage } from '../../../load-package.js'
import { optionError } from '../../../options.js'
import { unsure } from '../authentication.js'
import { type Authentication, type Authenticator, defineAuthenticator } from '../authenticator.js'
import { type AllowedAlgorithms, allowAlgorithms } from './algorithms.js'
import { bearerChallenge } from './challenge.js'
import { compileMapping } from './claims-mapping.js'
import { Flights } from './flights.js'
import { checkJwt, type JwtOptions } from './jwt-options.js'
import { givenKeys, type KeySource } from './key-source.js'
import { RemoteKeys } from './remote-keys.js'
import { realTimeline } from './timeline.js'
import { TokenMemory } from './token-memory.js'
import { tokenReader } from './token-reader.js'
import { claimedIssuer } from './token-text.js'
import { TokenVerifier, type Verified } from './token-verifier.js'

/** What is remembered of a good token. */
interface Known extends Pick<Verified, 'key' | 'from' | 'until'> {
  readonly authentication: Authentication
}

/**
 * Lets pass who has a signed token (JWT, RFC 7519), as access tokens are (RFC 9068, RFC 8725): `Authorization: Bearer …`, verified with keys that are
 * given or that the issuer publishes. The principal is what its claims say.
 *
 * A token that was verified is remembered, by all of its text, for as long as it is good and its key is known. Whoever has none gets a
 * 401 with a challenge; while no key is to be had nobody passes: `ERR_EDGE_AUTH_SOURCE`, a 503.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for algorithms of both kinds, and for keys that fit none of them.
 * @example
 * ```ts
 * const tokens = jwt({
 *   jwksUri: 'https://login.example.com/.well-known/jwks.json',
 *   issuer: 'https://login.example.com/',
 *   audience: 'https://api.example.com',
 *   identityHeaders: { 'x-user': 'id' },
 * })
 * ```
 */
export function jwt<KnownClaims extends object = Record<string, unknown>>(
  options: JwtOptions,
): Authenticator<KnownClaims> {
  checkJwt(options)
  const { cache, realm = 'api', now = Date.now, maxTokenLength = 8_192 } = options
  const allowed = allowAlgorithms('jwt', options.algorithms)
  const source = keysOf(options, allowed)
  const verifier = new TokenVerifier(loadPackage<typeof import('jose')>('jose', 'jwt'), source, allowed, {
    issuer: listed(options.issuer),
    audience: listed(options.audience),
    typ: options.typ,
    requiredClaims: [...(options.allowNoExpiry === true ? [] : ['exp']), ...(options.requiredClaims ?? [])],
    clockToleranceMs: options.clockToleranceMs ?? 5_000,
    maxTokenAgeMs: options.maxTokenAgeMs,
    maxTokenLength,
    now,
  })
  const { plain, reject } = bearerChallenge('jwt', realm)
  const { read, strip } = tokenReader('jwt', options.from, reject)
  const principalOf = compileMapping('jwt', options.claims ?? {})
  const memory = cache === false ? null : new TokenMemory<Known>(cache ?? {})
  const flights = new Flights<Authentication>()
  const issuers = options.foreignTokens === 'leave' ? listed(options.issuer) : undefined

  const recall = (token: string): Authentication | undefined => judge(memory?.get(token))
  const judge = (known: Known | undefined): Authentication | undefined => {
    if (known === undefined) return undefined
    const moment = now()
    if (moment >= known.until) return reject('it has expired')
    return moment >= known.from && source.now() < known.key.usableUntil ? known.authentication : undefined
  }
  const identify = ({ claims }: Verified): Authentication => {
    const principal = principalOf(claims)
    return principal === null ? reject('it names nobody') : { outcome: 'accepted', principal }
  }
  const accept = (token: string, verified: Verified): Authentication => {
    const authentication = identify(verified)
    const { key, from, until } = verified
    if (authentication.outcome === 'accepted') memory?.set(token, { authentication, key, from, until })
    return authentication
  }
  const isForeign = (token: string): boolean =>
    issuers !== undefined && token.length <= maxTokenLength && !issuers.includes(claimedIssuer(token) as string)
  const verify = (token: string): Authentication | Promise<Authentication> => {
    if (isForeign(token)) return { outcome: 'absent' }
    const verified = verifier.verify(token)
    if (typeof verified === 'string') return reject(verified)
    return verified.then((found) => (typeof found === 'string' ? reject(found) : accept(token, found)))
  }
  return defineAuthenticator(
    {
      filterName: 'jwt',
      challenge: plain,
      authenticate: (exchange) => {
        const token = read(exchange)
        if (typeof token !== 'string') return token
        return recall(token) ?? flights.once(token, () => verify(token))
      },
      strip,
      start: async () => source.start(),
      close: async () => source.close(),
      explain: (exchange) => {
        const token = read(exchange)
        if (typeof token !== 'string') return token
        const known = judge(memory?.peek(token))
        if (known !== undefined) return known
        if (isForeign(token)) return { outcome: 'absent' }
        const foreseen = verifier.foresee(token)
        if (typeof foreseen === 'string') return reject(foreseen)
        const workOut = async (): Promise<Authentication> => {
          const found = await foreseen!()
          return typeof found === 'string' ? reject(found) : identify(found)
        }
        return unsure('it would verify the token', foreseen && workOut)
      },
    },
    options,
  )
}

function keysOf(options: JwtOptions, allowed: AllowedAlgorithms): KeySource {
  const { key, keys, jwksUri } = options
  if (key !== undefined) return givenKeys('jwt', 'key', key, allowed)
  if (jwksUri === undefined) return givenKeys('jwt', 'keys', keys!, allowed)
  if (allowed.symmetric)
    throw optionError('jwt', 'algorithms', options.algorithms, 'those of public keys: a secret is not published')
  const timeline = options.clock ?? realTimeline
  return new RemoteKeys({
    uri: jwksUri,
    allowed,
    bounds: {
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      timeoutMs: options.jwksTimeoutMs ?? 5_000,
      maxBytes: options.jwksMaxBytes ?? 262_144,
      clock: timeline,
    },
    maxAgeMs: options.jwksMaxAgeMs ?? 600_000,
    staleMs: options.jwksStaleMs ?? 3_600_000,
    cooldownMs: options.jwksCooldownMs ?? 30_000,
    maxKeys: options.jwksMaxKeys ?? 100,
    timeline,
    random: options.random ?? Math.random,
    events: options.events ?? sharedEvents,
  })
}

function listed(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}
