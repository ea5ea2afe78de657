import type { Exchange } from '../../exchange.js'
import type { Authenticator, ClaimsOf } from './authenticator.js'
import { type Ask, combined, deniedBy, membersOf, type Visitor, walk } from './combination.js'
import { foresee } from './foreseeing.js'
import { type Finding, type Foreseen, type Member, PASSED, type Part } from './member.js'

/**
 * Lets pass whom all of these authenticators accept, as if they stood one behind the other: the principal is the last one's, each writes
 * its own identity fields, and the first that does not accept denies, with its own challenge.
 *
 * The last one's of those that were asked: a member that is `optional`, or skips the path, may know nobody.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const partner = allOf(clientCertificate({ from: 'uri' }), apiKey({ keys }))
 * ```
 */
export function allOf<const Each extends readonly Authenticator<object>[]>(
  ...authenticators: Each
): Authenticator<ClaimsOf<Each[number]>> {
  const members = membersOf('allOf', authenticators)
  return combined('allOf', members, {
    optional: members.every((each) => each.optional),
    find: (exchange) => find(members, exchange),
    explain: (exchange) => explain(members, exchange),
  })
}

function find(members: readonly Member[], exchange: Exchange, ask?: Ask): Finding | Promise<Finding> {
  const by: Part[] = []
  const visitor: Visitor = {
    visit: (member, found) => {
      if (found.outcome === 'accepted') by.push({ member, found })
      if (found.outcome === 'accepted' || found.outcome === 'passed') return undefined
      const { status = found.outcome === 'absent' ? member.status : 401 } = found
      const denied = { ...found, status, challenge: status === 401 ? deniedBy(member, found) : found.challenge }
      // Half of what is needed is not nothing.
      return found.outcome === 'absent' && by.length > 0
        ? { ...denied, outcome: 'rejected', why: `no credential for ${member.filterName}` }
        : denied
    },
    failed: (error) => {
      throw error
    },
    end: (onwards) => {
      const last = by.at(-1)
      if (last === undefined) return PASSED
      return { outcome: 'accepted', principal: last.found.principal, exchange: onwards, by }
    },
  }
  return walk(members, exchange, visitor, ask)
}

/** Whoever denies for sure denies in the end, whatever those say that can't be told. */
function explain(members: readonly Member[], exchange: Exchange): Foreseen {
  const foreseen = foresee(exchange, (asked, ask) => find(members, asked, ask))
  if (foreseen.outcome !== 'unsure') return foreseen
  for (const member of members) {
    const found = member.explain(exchange)
    if (found.outcome === 'absent') return { ...found, status: found.status ?? member.status }
    if (found.outcome === 'rejected') return found
  }
  return foreseen
}
