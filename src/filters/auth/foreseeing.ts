import type { Exchange } from '../../exchange.js'
import type { Ask } from './combination.js'
import type { Finding, Foreseen, Member, UnsureFinding } from './member.js'

/** Thrown, and caught, for a member that can't be told without asking. */
const UNSURE = new Error('unsure')

/**
 * What a combination would find, by the same walk as its `find`.
 *
 * @param find Walks the members, and asks them as it is told to.
 * @param known Of members that have been worked out before.
 */
export function foresee(
  exchange: Exchange,
  find: (exchange: Exchange, ask: Ask) => Finding | Promise<Finding>,
  known: ReadonlyMap<Member, Foreseen> = new Map(),
): Foreseen {
  const unsure = new Map<Member, UnsureFinding>()
  try {
    return find(exchange, (member, asked) => {
      const found = known.get(member) ?? member.explain(asked)
      if (found.outcome !== 'unsure') return found
      unsure.set(member, found)
      throw UNSURE
    }) as Finding
  } catch (error) {
    if (error !== UNSURE) throw error
  }
  const [first] = unsure.values()
  const workable = [...unsure].filter(([, { workOut }]) => workOut !== undefined)
  const workOut = async (): Promise<Foreseen> => {
    const worked = new Map(known)
    for (const [member, found] of workable) worked.set(member, await found.workOut!())
    return foresee(exchange, find, worked)
  }
  return { outcome: 'unsure', why: first!.why, workOut: workable.length === 0 ? undefined : workOut }
}
