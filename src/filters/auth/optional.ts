import type { Authenticator } from './authenticator.js'
import { combined, membersOf } from './combination.js'
import { foresee } from './foreseeing.js'
import { type Finding, type Member, PASSED } from './member.js'

/**
 * Lets pass who shows no credential, without a principal: what needs one further in asks for it with {@link authorize}. Who shows a bad
 * one is denied all the same.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const perhapsKnown = optional(anyOf(apiKey({ keys }), basicAuth({ users })))
 * ```
 */
export function optional<KnownClaims extends object>(
  authenticator: Authenticator<KnownClaims>,
): Authenticator<KnownClaims> {
  const members = membersOf('optional', [authenticator])
  const [member] = members as readonly [Member]
  return combined(member.filterName, members, {
    optional: true,
    find: (exchange) => {
      const found = member.find(exchange)
      return found instanceof Promise ? found.then((late) => pass(member, late)) : pass(member, found)
    },
    explain: (exchange) => foresee(exchange, (asked, ask) => pass(member, ask(member, asked) as Finding)),
  })
}

function pass(member: Member, found: Finding): Finding {
  if (found.outcome === 'absent') return PASSED
  if (found.outcome !== 'accepted') return found
  const { principal, exchange } = found
  return { outcome: 'accepted', principal, exchange, by: [{ member, found }] }
}
