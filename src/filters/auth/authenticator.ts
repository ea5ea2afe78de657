import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type FilterTraits, type PlainHandler, type Verdict } from '../../filter.js'
import { type Check, check } from '../../options.js'
import type { Reply } from '../../reply.js'
import { compilePaths } from '../../routing/path-set.js'
import { type DenialOptions, denier } from '../denial.js'
import { compileIdentity, type IdentityHeaders } from './identity-headers.js'
import { type Principal, setPrincipal } from './principal.js'

/** What an authenticator found in a request. */
export type Authentication =
  | {
      readonly outcome: 'accepted'
      readonly principal: Principal
      /** What to go on with, where finding out has changed it: a body that was read is bytes now. @default the exchange that was asked about */
      readonly exchange?: Exchange | undefined
    }
  /** There is no credential of its kind: somebody else may know the client. */
  | { readonly outcome: 'absent' }
  /** There is one, and it is not good: nobody else is asked. */
  | {
      readonly outcome: 'rejected'
      /** For those who listen and for `explain`; never for the client, and never a value that it sent. */
      readonly why: string
      /** @default 401 */
      readonly status?: number | undefined
      /** In place of the authenticator's own. */
      readonly challenge?: string | undefined
      /** In place of the denial: what forwardAuth was told to say. */
      readonly reply?: Reply | undefined
      /** As of who is accepted, for whoever is asked next. */
      readonly exchange?: Exchange | undefined
    }

/** What every authenticator takes. */
export interface AuthOptions extends DenialOptions {
  /** Fields that tell the upstream who asks; those that a client sends are taken away on every route of the gateway. @default none */
  readonly identityHeaders?: IdentityHeaders | undefined
  /** Whether the upstream gets the credential, too. @default false */
  readonly keepCredential?: boolean | undefined
  /**
   * Paths that need no authentication, as patterns on the canonical path below the base (H-137): what a client says of itself in
   * fields is no reason to skip. @default none
   */
  readonly skipPaths?: readonly string[] | undefined
}

/** The checks of {@link AuthOptions}, for `checkOptions`. */
export const authChecks: Readonly<Record<keyof AuthOptions, Check>> = {
  identityHeaders: check.object,
  keepCredential: check.boolean,
  skipPaths: check.strings,
  events: check.object,
}

/** What makes an authenticator. */
export interface AuthenticatorTraits {
  readonly filterName: string
  /** WWW-Authenticate of a 401 (RFC 9110 §11.6.1). `null` for a scheme that has none. */
  readonly challenge: string | null
  authenticate(exchange: Exchange): Authentication | Promise<Authentication>
  /** The exchange without the credential; the same one where there is nothing to take away. */
  strip(exchange: Exchange): Exchange
  start?(): Promise<void>
  close?(): Promise<void>
  /** What it would ask of others, where asking is not free. @default what `authenticate` says, if it says so at once */
  explain?(exchange: Exchange): Verdict
}

/** A filter that tells who asks. Combine several with `anyOf`, `allOf` and `optional`. */
export interface Authenticator extends Filter {
  readonly authenticator: AuthenticatorTraits
}

/**
 * Makes an authenticator: it lets pass what it knows, with the principal set, the credential taken away and identity fields
 * written, and answers anything else with 401 and its challenge.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function defineAuthenticator(traits: AuthenticatorTraits, options: AuthOptions): Authenticator {
  const { filterName, challenge } = traits
  const { identityHeaders = {}, keepCredential = false } = options
  const write = compileIdentity(filterName, identityHeaders)
  const isSkipped = compilePaths(options.skipPaths ?? [])
  const skips = (exchange: Exchange): boolean => isSkipped(exchange.target.path)
  const deny401 = denier(filterName, 401, options.events, challenged(challenge))
  const unwritable = denier(filterName, 403, options.events)

  const decide = (found: Authentication, exchange: Exchange, next: PlainHandler): Promise<Reply> => {
    if (found.outcome === 'absent') return Promise.resolve(deny401(exchange, 'no credential'))
    if (found.outcome === 'rejected') return Promise.resolve(refuse(found, exchange))
    const { principal, exchange: onwards = exchange } = found
    const identified = write(keepCredential ? onwards : traits.strip(onwards), principal)
    if (identified === null)
      return Promise.resolve(unwritable(exchange, 'what is known of the principal cannot stand in a field'))
    setPrincipal(exchange, principal)
    return next(identified)
  }
  const refuse = (found: Authentication & { outcome: 'rejected' }, exchange: Exchange): Reply => {
    const { why, status = 401, challenge: own = challenge, reply } = found
    if (status === 401 && own === challenge && reply === undefined) return deny401(exchange, why)
    const denied = denier(filterName, status, options.events, status === 401 ? challenged(own) : {})(exchange, why)
    return reply ?? denied
  }
  const filterTraits: Pick<FilterTraits, 'filterName'> & Partial<FilterTraits> = {
    filterName,
    stage: 'guard',
    identityHeaders: Object.keys(identityHeaders).map((name) => name.toLowerCase()),
    explain: (exchange) =>
      skips(exchange) ? { verdict: 'pass', why: 'this path needs no authentication' } : explain(traits, exchange),
    ...(traits.start === undefined ? {} : { start: traits.start }),
    ...(traits.close === undefined ? {} : { close: traits.close }),
  }
  const filter = defineFilter(filterTraits, (exchange, next) => {
    if (skips(exchange)) return next(exchange)
    const found = traits.authenticate(exchange)
    return found instanceof Promise ? found.then((late) => decide(late, exchange, next)) : decide(found, exchange, next)
  })
  return Object.assign(filter, { authenticator: traits })
}

function challenged(challenge: string | null): Record<string, string> {
  return challenge === null ? {} : { 'www-authenticate': challenge }
}

function explain(traits: AuthenticatorTraits, exchange: Exchange): Verdict {
  if (traits.explain !== undefined) return traits.explain(exchange)
  const found = traits.authenticate(exchange)
  if (found instanceof Promise) {
    found.catch(() => {})
    return { verdict: 'depends', why: 'it would ask' }
  }
  if (found.outcome === 'accepted')
    return { verdict: 'pass', why: `it is ${found.principal.scheme}: ${found.principal.id}` }
  return { verdict: 'deny', why: found.outcome === 'absent' ? 'no credential' : found.why }
}
