import type { Exchange } from '../../exchange.js'
import { optionError } from '../../options.js'
import type { AuthenticatorTraits, Rejected } from './authentication.js'
import type { Authenticator } from './authenticator.js'
import type { Finding, Member } from './member.js'
import { memberFilter } from './member-filter.js'
import { onceEach } from './once-each.js'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no authenticator. */
export function membersOf(factory: string, authenticators: readonly Authenticator<object>[]): readonly Member[] {
  if (authenticators.length === 0) throw optionError(factory, '0', undefined, 'at least one authenticator')
  return authenticators.map((each, at) => {
    if (each?.member === undefined)
      throw optionError(factory, String(at), each, 'an authenticator, as basicAuth() or authenticator() makes')
    return each.member
  })
}

/** What combinations have in common: they start, close and strip all their members, and write the fields of those that accepted. */
export function combined<KnownClaims extends object = Record<string, unknown>>(
  filterName: string,
  members: readonly Member[],
  own: Pick<Member, 'find' | 'explain'> & Partial<Member>,
): Authenticator<KnownClaims> {
  const challenges = [...new Set(members.flatMap((each) => each.challenges))]
  const member: Member = {
    filterName,
    challenges,
    status: challenges.length > 0 ? 401 : members[0]!.status,
    optional: false,
    identityHeaders: [...new Set(members.flatMap((each) => each.identityHeaders))],
    events: members.find((each) => each.events !== undefined)?.events,
    skips: (exchange) => members.every((each) => each.skips(exchange)),
    strip: (exchange) => stripAll(members, exchange),
    admit: (exchange, { by = [] }) => {
      const others = members.filter((each) => !by.some(({ member }) => member === each))
      let admitted: Exchange | null = stripAll(others, exchange)
      for (const { member, found } of by) admitted = admitted === null ? null : member.admit(admitted, found)
      return admitted
    },
    ...onceEach(
      async () => void (await Promise.all(members.map((each) => each.start()))),
      async () => void (await Promise.allSettled(members.map((each) => each.close()))),
    ),
    ...own,
  }
  return Object.assign(memberFilter(member), { authenticator: traitsOf(member), member })
}

function stripAll(members: readonly Member[], exchange: Exchange): Exchange {
  return members.reduce((bare, each) => each.strip(bare), exchange)
}

/** What a combination makes of what its members find. */
export interface Visitor {
  /** Ends the walk by what it returns. */
  visit(member: Member, found: Finding, exchange: Exchange): Finding | undefined
  /** Throws, or lets the walk go on. */
  failed(error: unknown): void
  end(exchange: Exchange): Finding
}

/** How a member is asked. */
export type Ask = (member: Member, exchange: Exchange) => Finding | Promise<Finding>

/** Walks members in order, without a promise for as long as none gives one. Each is asked about what the one before it left. */
export function walk(
  members: readonly Member[],
  asked: Exchange,
  visitor: Visitor,
  ask: Ask = (member, exchange) => member.find(exchange),
  from = 0,
): Finding | Promise<Finding> {
  let exchange = asked
  for (let at = from; at < members.length; at++) {
    const member = members[at]!
    let found: Finding | Promise<Finding>
    try {
      found = ask(member, exchange)
    } catch (error) {
      visitor.failed(error)
      continue
    }
    if (found instanceof Promise) {
      return found.then(
        (late) =>
          visitor.visit(member, late, exchange) ?? walk(members, leftBy(late) ?? exchange, visitor, ask, at + 1),
        (error) => {
          visitor.failed(error)
          return walk(members, exchange, visitor, ask, at + 1)
        },
      )
    }
    const last = visitor.visit(member, found, exchange)
    if (last !== undefined) return last
    exchange = leftBy(found) ?? exchange
  }
  return visitor.end(exchange)
}

/** What a member says to go on with. */
export function leftBy(found: Finding): Exchange | undefined {
  return 'exchange' in found ? found.exchange : undefined
}

/** The lines by which a member denies what it found. */
export function deniedBy({ challenges }: Member, found: Finding): readonly string[] {
  const { challenge, reply } = found as Partial<Rejected>
  const own = challenge ?? reply?.headers['www-authenticate']
  return own === undefined || own === null ? challenges : [own].flat()
}

/** A combination as authors of authenticators see one. */
function traitsOf(member: Member): AuthenticatorTraits {
  return {
    filterName: member.filterName,
    challenge: member.challenges,
    status: member.status,
    authenticate: async (exchange) => {
      const found = await member.find(exchange)
      return found.outcome === 'passed' ? { outcome: 'absent' } : found
    },
    strip: (exchange) => member.strip(exchange),
  }
}
