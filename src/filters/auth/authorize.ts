import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type Verdict } from '../../filter.js'
import { check, checkOptions } from '../../options.js'
import type { Reply } from '../../reply.js'
import { type DenialOptions, denier } from '../denial.js'
import type { Challenge } from './authentication.js'
import { type AuthorizeRule, compileRules, type Decision, ruleChecks } from './authorize-rules.js'
import { challenged, challengesOf, checkChallenge, linesOf } from './challenge.js'
import { isOpen, principalOf } from './principal.js'
import { verifierError } from './verifying.js'

export type { AuthorizeRule } from './authorize-rules.js'
export type { Requirement } from './requirement.js'

export interface AuthorizeOptions extends AuthorizeRule, DenialOptions {
  /** Several rules, of which the first whose paths and methods fit decides; in place of a single one. @default none */
  readonly rules?: readonly AuthorizeRule[] | undefined
  /** What becomes of a request that no rule fits: nobody may, whoever is known may, or anyone. @default 'deny' */
  readonly otherwise?: 'deny' | 'known' | 'anyone' | undefined
  /** Whether the paths of rules are, as in `createGateway`: give both the same. @default true */
  readonly caseSensitive?: boolean | undefined
  /** WWW-Authenticate for who is not known. @default those of the authenticators that let the request pass */
  readonly challenge?: Challenge | undefined
}

/**
 * Decides what a principal may, behind the authenticators that know it: 403 for who is known and may not, 401 for who is not known, with
 * the challenges of the authenticators (RFC 9110 §15.5.2), or 403 where no authenticator stood in front that has one.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const rules = authorize({
 *   rules: [
 *     { paths: ['/docs/**'], methods: ['GET'], allow: 'anyone' },
 *     { paths: ['/admin/**'], roles: ['admin'] },
 *     { paths: ['/orders/**'], scopes: ['orders:read', 'orders:write'], mode: 'any' },
 *   ],
 * })
 * ```
 */
export function authorize(options: AuthorizeOptions): Filter {
  checkOptions('authorize', options, {
    ...ruleChecks,
    rules: check.array,
    otherwise: check.oneOf('deny', 'known', 'anyone'),
    caseSensitive: check.boolean,
    challenge: check.anything,
    events: check.object,
  })
  checkChallenge('authorize', options.challenge)
  const decide = compileRules(options)
  const forbid = denier('authorize', 403, options.events)
  const own = options.challenge === undefined ? null : linesOf(options.challenge)

  const explain = (exchange: Exchange, decision: Decision): Verdict => {
    if (decision.outcome === 'ask') return { verdict: 'depends', why: 'it would ask the rule' }
    const { outcome, why } = decision
    if (outcome === 'pass') return { verdict: 'pass', why }
    if (outcome === 'lacks') return { verdict: 'deny', why, status: 403 }
    if (isOpen(exchange) !== false) return { verdict: 'depends', why: 'it would see who asks' }
    return { verdict: 'deny', why, status: (own ?? challengesOf(exchange)).length > 0 ? 401 : 403 }
  }
  const deny = (exchange: Exchange, decision: Decision & { outcome: 'unknown' | 'lacks' }): Reply => {
    const lines =
      decision.outcome === 'unknown' ? (own ?? challengesOf(exchange)) : insufficient(exchange, decision.scopes)
    if (lines.length === 0) return forbid(exchange, decision.why)
    const status = decision.outcome === 'unknown' ? 401 : 403
    return denier('authorize', status, options.events, challenged(lines))(exchange, decision.why)
  }
  return defineFilter(
    { filterName: 'authorize', stage: 'guard', explain: (exchange) => explain(exchange, decide(exchange)) },
    (exchange, next) => {
      const decision = decide(exchange)
      if (decision.outcome === 'pass') return next(exchange)
      if (decision.outcome !== 'ask') return Promise.resolve(deny(exchange, decision))
      return allowed(exchange, decision).then((may) =>
        may ? next(exchange) : deny(exchange, { outcome: 'lacks', why: 'the rule does not allow it' }),
      )
    },
  )
}

/** Asks the user's function; what it throws is a failure, and nobody passes. */
async function allowed(exchange: Exchange, { allow }: Decision & { outcome: 'ask' }): Promise<boolean> {
  try {
    return (await allow(principalOf(exchange)!, exchange)) === true
  } catch (error) {
    throw verifierError('authorize', error)
  }
}

/** Who came with a bearer token is told which scopes it would take (RFC 6750 §3.1). */
function insufficient(exchange: Exchange, scopes: readonly string[] | undefined): readonly string[] {
  const bearer = scopes && challengesOf(exchange).find((line) => /^bearer(?: |$)/i.test(line))
  if (bearer === undefined || scopes === undefined) return []
  return [`${bearer}${bearer.includes(' ') ? ',' : ''} error="insufficient_scope", scope="${scopes.join(' ')}"`]
}
