import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler } from '../../filter.js'
import type { Reply } from '../../reply.js'
import type { Verdict } from '../../verdict.js'
import { denier } from '../denial.js'
import type { Rejected } from './authentication.js'
import { challenged, challengesOf, linesOf, noteChallenges } from './challenge.js'
import { type Admitted, acceptedBy, type Finding, type Foreseen, type Member, type Unknown } from './member.js'
import { leaveOpen, setPrincipal } from './principal.js'

const UNWRITABLE = 'what is known of the principal cannot stand in a field'
const NO_CREDENTIAL = 'no credential'

/** The filter that acts on what a member finds. */
export function memberFilter(member: Member): Filter {
  const { filterName, challenges, status, events } = member
  const denyUnknown = denier(filterName, status, events, challenged(challenges))
  const denyUnwritable = denier(filterName, 403, events)

  const decide = (found: Finding, exchange: Exchange, next: PlainHandler): Promise<Reply> => {
    if (found.outcome === 'accepted') {
      const identified = member.admit(found.exchange ?? exchange, found)
      if (identified === null) return Promise.resolve(denyUnwritable(exchange, UNWRITABLE))
      know(member, found, exchange)
      return next(identified)
    }
    if (found.outcome === 'passed') return next(letBy(member, exchange))
    return Promise.resolve(deny(found, exchange))
  }
  const deny = (found: Unknown | Rejected, exchange: Exchange): Reply => {
    const why = found.outcome === 'absent' ? NO_CREDENTIAL : found.why
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
      explain: (exchange) => foretell(member, member.explain(exchange), exchange),
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

function know(member: Member, found: Admitted, exchange: Exchange): void {
  setPrincipal(exchange, found.principal, { member, found })
  noteChallenges(exchange, acceptedBy(member, found).challenges)
}

function note(found: Admitted, exchange: Exchange): void {
  found.note?.(exchange)
  for (const part of found.by ?? []) note(part.found, exchange)
}

/** Nobody needs to be known here. */
function letBy(member: Member, exchange: Exchange): Exchange {
  noteChallenges(exchange, [...challengesOf(exchange), ...member.challenges])
  return member.strip(exchange)
}

/** What the filter would do with what it would find. */
function foretell(member: Member, found: Foreseen, exchange: Exchange): Verdict {
  switch (found.outcome) {
    case 'unsure': {
      const { why, workOut } = found
      const later = workOut && (async (): Promise<Verdict> => foretell(member, await workOut(), exchange))
      return { verdict: 'depends', why, workOut: later, onward: leaveOpen }
    }
    case 'passed':
      return { verdict: 'pass', why: 'nobody needs to be known here', onward: (copy) => letBy(member, copy) }
    case 'accepted': {
      if (member.admit(exchange.detach(), found) === null) return { verdict: 'deny', why: UNWRITABLE, status: 403 }
      const { scheme, id } = found.principal
      const onward = (copy: Exchange): Exchange => {
        note(found, copy)
        know(member, found, copy)
        return member.admit(copy, found)!
      }
      return { verdict: 'pass', why: `it is ${scheme}: ${id}`, onward }
    }
    default: {
      const why = found.outcome === 'absent' ? NO_CREDENTIAL : found.why
      const reply = found.outcome === 'rejected' ? found.reply : undefined
      const usual = found.outcome === 'absent' && found.challenge === undefined ? member.status : 401
      return { verdict: 'deny', why, status: reply?.status ?? found.status ?? usual }
    }
  }
}
