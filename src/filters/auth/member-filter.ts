import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import type { Reply } from '../../reply.js'
import { denier } from '../denial.js'
import type { Rejected } from './authentication.js'
import { challenged, challengesOf, linesOf, noteChallenges } from './challenge.js'
import { acceptedBy, type Finding, type Member, type Unknown } from './member.js'
import { setPrincipal } from './principal.js'

const UNWRITABLE = 'what is known of the principal cannot stand in a field'

/** The filter that acts on what a member finds. */
export function memberFilter(member: Member): Filter {
  const { filterName, challenges, status, events } = member
  const denyUnknown = denier(filterName, status, events, challenged(challenges))
  const denyUnwritable = denier(filterName, 403, events)

  const decide = (found: Finding, exchange: Exchange, next: PlainHandler): Promise<Reply> => {
    if (found.outcome === 'accepted') {
      const identified = member.admit(found.exchange ?? exchange, found)
      if (identified === null) return Promise.resolve(denyUnwritable(exchange, UNWRITABLE))
      setPrincipal(exchange, found.principal)
      noteChallenges(exchange, acceptedBy(member, found).challenges)
      return next(identified)
    }
    if (found.outcome === 'passed') {
      noteChallenges(exchange, [...challengesOf(exchange), ...challenges])
      return next(member.strip(exchange))
    }
    return Promise.resolve(deny(found, exchange))
  }
  const deny = (found: Unknown | Rejected, exchange: Exchange): Reply => {
    const why = found.outcome === 'absent' ? 'no credential' : found.why
    const plain = found.status === undefined && found.challenge === undefined
    if (plain && (found.outcome === 'absent' || (status === 401 && found.reply === undefined)))
      return denyUnknown(exchange, why)
    const { status: own = 401, challenge = own === 401 ? challenges : null } = found
    const denied = denier(filterName, own, events, challenged(linesOf(challenge)))(exchange, why)
    return (found.outcome === 'rejected' ? found.reply : undefined) ?? denied
  }
  return defineFilter(
    {
      filterName,
      stage: 'guard',
      identityHeaders: member.identityHeaders,
      explain: (exchange) => {
        const { verdict, why } = member.explain(exchange)
        return { verdict, why }
      },
      start: () => member.start(),
      close: () => member.close(),
    },
    (exchange, next) => {
      try {
        const found = member.find(exchange)
        return found instanceof Promise
          ? found.then((late) => decide(late, exchange, next))
          : decide(found, exchange, next)
      } catch (error) {
        return Promise.reject(error)
      }
    },
  )
}
