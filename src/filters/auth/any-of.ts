import type { Exchange } from '../../exchange.js'
import { optionError } from '../../options.js'
import { discard } from '../../reply.js'
import { ABSENT, type Rejected } from './authentication.js'
import type { Authenticator, ClaimsOf } from './authenticator.js'
import { type Ask, combined, deniedBy, leftBy, membersOf, type Visitor, walk } from './combination.js'
import { foresee } from './foreseeing.js'
import { type Finding, type Member, PASSED, type Unknown } from './member.js'

/**
 * Lets pass whom one of these authenticators accepts: they are asked in order, and the first that accepts says who it is. One that finds a
 * bad credential does not end it, since two may share a scheme; nor does one that fails, but if then nobody accepts it is a failure.
 *
 * If none accepts, the reply is 401 with the challenges of all, a line each. The credentials of all are taken away, whoever accepted, but
 * for those of members that keep theirs. A member is not asked on the paths it skips; a path needs no authentication only if all skip it.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for an `optional` member: that would be optional as a whole, so say it there.
 * @example
 * ```ts
 * const known = anyOf(apiKey({ keys }), basicAuth({ users }))
 * ```
 */
export function anyOf<const Each extends readonly Authenticator<object>[]>(
  ...authenticators: Each
): Authenticator<ClaimsOf<Each[number]>> {
  const members = membersOf('anyOf', authenticators)
  const optional = members.findIndex((each) => each.optional)
  if (optional !== -1)
    throw optionError(
      'anyOf',
      String(optional),
      authenticators[optional],
      'what is not optional; use optional(anyOf(…))',
    )
  return combined('anyOf', members, {
    find: (exchange) => find(members, exchange),
    explain: (exchange) => foresee(exchange, (asked, ask) => find(members, asked, ask)),
  })
}

interface Denial {
  readonly member: Member
  readonly found: Unknown | Rejected
}

function find(members: readonly Member[], exchange: Exchange, ask?: Ask): Finding | Promise<Finding> {
  const denials: Denial[] = []
  const failures: unknown[] = []
  const visitor: Visitor = {
    visit: (member, found, current) => {
      if (found.outcome === 'accepted') {
        for (const denial of denials) letGo(denial.found)
        return {
          outcome: 'accepted',
          principal: found.principal,
          exchange: found.exchange ?? current,
          by: [{ member, found }],
        }
      }
      if (found.outcome === 'passed') return undefined
      denials.push({ member, found })
      const bodyIsGone = current.body.kind === 'stream' && !current.body.untouched && leftBy(found) === undefined
      return bodyIsGone ? refusal(denials, members) : undefined
    },
    failed: (error) => void failures.push(error),
    end: () => {
      // What could not be decided is not a 401, which would have clients throw good credentials away.
      if (failures.length > 0) throw failures[0]
      return denials.length === 0 ? PASSED : refusal(denials, members)
    },
  }
  return walk(members, exchange, visitor, ask)
}

/** 401 where anybody can challenge; what says more than 401 and 403 (a 413, a 503) is said as it is. */
function refusal(denials: readonly Denial[], members: readonly Member[]): Finding {
  const rejections = denials.flatMap(({ found }) => (found.outcome === 'rejected' ? [found] : []))
  const particular = rejections.find(({ status = 401 }) => status !== 401 && status !== 403)
  for (const each of rejections) if (each !== particular) letGo(each)
  if (particular !== undefined) return particular
  if (rejections.length === 0 && denials.length === members.length) return ABSENT
  const challenge = [...new Set(denials.flatMap(({ member, found }) => deniedBy(member, found)))]
  const status = challenge.length > 0 ? 401 : (rejections[0]?.status ?? denials[0]!.member.status)
  if (rejections.length === 0) return { ...ABSENT, status, challenge }
  return { outcome: 'rejected', why: rejections.map(({ why }) => why).join('; '), status, challenge }
}

/** A reply that a member had ready and nobody gets. */
function letGo(found: Unknown | Rejected): void {
  if (found.outcome === 'rejected' && found.reply !== undefined) discard(found.reply)
}
