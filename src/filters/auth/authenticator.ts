import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { keepCredential as noteKept } from '../../forwarding/kept-credentials.js'
import { type Check, check } from '../../options.js'
import { compilePaths } from '../../routing/path-set.js'
import type { DenialOptions } from '../denial.js'
import { type Authentication, type AuthenticatorTraits, type Unsure, unsure } from './authentication.js'
import { linesOf } from './challenge.js'
import { compileIdentity, type IdentityHeaders } from './identity-headers.js'
import { type Member, PASSED } from './member.js'
import { memberFilter } from './member-filter.js'
import { onceEach } from './once-each.js'
import type { Finder } from './principal.js'

export type { Authentication, AuthenticatorTraits } from './authentication.js'

/** What every authenticator takes. */
export interface AuthOptions extends DenialOptions {
  /** Fields that tell the upstream who asks; those that a client sends are taken away on every route of the gateway. @default none */
  readonly identityHeaders?: IdentityHeaders | undefined
  /**
   * Whether the upstream gets the credential, too: `true` for the endpoints of the route's own pool, and not those of a `fallback`
   * pool, which may be somebody else's; `'everywhere'` for both (H-135). @default false
   */
  readonly keepCredential?: boolean | 'everywhere' | undefined
  /**
   * Paths that need no authentication, as patterns on the canonical path below the base (H-137): what a client says of itself in
   * fields is no reason to skip. The credential is taken away there, too. @default none
   */
  readonly skipPaths?: readonly string[] | undefined
}

/** The checks of {@link AuthOptions}, for `checkOptions`. */
export const authChecks: Readonly<Record<keyof AuthOptions, Check>> = {
  identityHeaders: check.object,
  keepCredential: check.either(check.boolean, check.oneOf('everywhere')),
  skipPaths: check.strings,
  events: check.object,
}

/** A filter that tells who asks. Combine several with `anyOf`, `allOf` and `optional`. */
export interface Authenticator<KnownClaims extends object = Record<string, unknown>>
  extends Filter,
    Finder<KnownClaims> {
  readonly authenticator: AuthenticatorTraits
  /** @internal */
  readonly member: Member
}

/** The claims of the principals that an authenticator finds. */
export type ClaimsOf<Each> = Each extends Authenticator<infer KnownClaims> ? KnownClaims : never

/**
 * Makes an authenticator: it lets pass what it knows, with the principal set, the credential taken away and identity fields
 * written, and answers anything else with 401 and its challenge.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function defineAuthenticator<KnownClaims extends object = Record<string, unknown>>(
  traits: AuthenticatorTraits,
  options: AuthOptions,
): Authenticator<KnownClaims> {
  const { filterName } = traits
  const { identityHeaders = {}, keepCredential = false } = options
  const write = compileIdentity(filterName, identityHeaders)
  const isSkipped = compilePaths(options.skipPaths ?? [], filterName, 'skipPaths')
  const skips = ({ target }: Exchange): boolean => isSkipped(target.path)
  const bare = (exchange: Exchange): Exchange => traits.strip(exchange)
  const strip =
    keepCredential === false
      ? bare
      : (exchange: Exchange): Exchange => {
          if (keepCredential === true) noteKept(exchange, bare)
          return exchange
        }
  const member: Member = {
    filterName,
    challenges: linesOf(traits.challenge),
    status: traits.status ?? 401,
    optional: false,
    identityHeaders: Object.keys(identityHeaders).map((name) => name.toLowerCase()),
    events: options.events,
    skips,
    find: (exchange) => (skips(exchange) ? PASSED : traits.authenticate(exchange)),
    strip,
    admit: (exchange, { principal }) => write(strip(exchange), principal),
    explain: (exchange) => (skips(exchange) ? PASSED : explain(traits, exchange)),
    ...onceEach(
      async () => traits.start?.(),
      async () => traits.close?.(),
    ),
  }
  return Object.assign(memberFilter(member), { authenticator: traits, member })
}

function explain(traits: AuthenticatorTraits, exchange: Exchange): Authentication | Unsure {
  if (traits.explain !== undefined) return traits.explain(exchange)
  const found = traits.authenticate(exchange)
  if (!(found instanceof Promise)) return found
  found.catch(() => {})
  return unsure('it would ask')
}
