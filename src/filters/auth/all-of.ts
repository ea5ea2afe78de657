import type { Exchange } from '../../exchange.js'
import type { Authenticator } from './authenticator.js'
import { combined, deniedBy, membersOf, walk } from './combination.js'
import { type Finding, type Member, type MemberVerdict, PASSED, type Part } from './member.js'

/**
 * Lets pass whom all of these authenticators accept, as if they stood one behind the other: the principal is the last one's, each writes
 * its own identity fields, and the first that does not accept denies, with its own challenge.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const partner = allOf(clientCertificate({ from: 'uri' }), apiKey({ keys }))
 * ```
 */
export function allOf(...authenticators: readonly Authenticator[]): Authenticator {
  const members = membersOf('allOf', authenticators)
  return combined('allOf', members, {
    optional: members.every((each) => each.optional),
    find: (exchange) => find(members, exchange),
    explain: (exchange) => explain(members, exchange),
  })
}

function find(members: readonly Member[], exchange: Exchange): Finding | Promise<Finding> {
  const by: Part[] = []
  return walk(members, exchange, {
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
  })
}

function explain(members: readonly Member[], exchange: Exchange): MemberVerdict {
  const verdicts = members.map((each) => each.explain(exchange))
  const known = verdicts.some(({ found }) => found === 'accepted')
  const denied = verdicts.find(({ verdict }) => verdict === 'deny')
  if (denied !== undefined) return known ? { ...denied, found: undefined } : denied
  const why = verdicts.map((each) => each.why).join('; ')
  return (
    verdicts.find(({ verdict }) => verdict === 'depends') ?? {
      verdict: 'pass',
      why,
      found: known ? 'accepted' : undefined,
    }
  )
}
