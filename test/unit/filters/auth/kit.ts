import { EdgeError, type EdgeEvents, EventHub, type Exchange, type Filter, principalOf, type Reply } from 'edgewise'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

/** What became of an exchange at a guard. */
export interface Met {
  readonly status: number
  readonly reply: Reply
  /** What stood behind was given; `null` where nobody passed. */
  readonly passed: Exchange | null
  /** Id of the principal. */
  readonly who: string | undefined
  /** Why it was denied, as listeners are told. */
  readonly why: readonly string[]
  readonly events: readonly EdgeEvents['denied'][]
}

/** Sends one exchange through a guard; holds what it explains against what it does. */
export async function meets(
  make: (events: EventHub) => Filter,
  given: Exchange | Asked = {},
  target = '/x',
): Promise<Met> {
  const hub = new EventHub()
  const events: EdgeEvents['denied'][] = []
  hub.on('denied', (event) => events.push(event))
  const filter = make(hub)
  const exchange = 'target' in given ? given : asked(target, given)
  const { verdict } = filter.explain!(exchange)
  const { reply, passed } = await ran(filter, exchange)
  if (verdict !== 'depends' && verdict !== (passed === null ? 'deny' : 'pass'))
    throw new Error(`explains ${verdict}, does ${reply.status}`)
  if (events.length !== (passed === null ? 1 : 0)) throw new Error(`${events.length} denied events`)
  return {
    status: reply.status,
    reply,
    passed,
    who: principalOf(exchange)?.id,
    why: events.map(({ why }) => why),
    events,
  }
}

/** The lines of a reply's challenge. */
export function challengesIn({ headers }: Reply): readonly string[] {
  return [headers['www-authenticate'] ?? []].flat()
}

/** Basic credentials as a field. */
export function basic(pair: string | Uint8Array): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** How a verifier can fail, and what becomes of it. */
export const failures: readonly (readonly [what: string, fail: () => never, code: string, status: number])[] = (
  [
    ['a thrown error', new TypeError('boom'), 'ERR_EDGE_VERIFIER', 500],
    ['a thrown undefined', undefined, 'ERR_EDGE_VERIFIER', 500],
    ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ERR_EDGE_AUTH_SOURCE', 503],
    ['a timeout', new DOMException('x', 'TimeoutError'), 'ERR_EDGE_AUTH_SOURCE', 503],
    ['an EdgeError', new EdgeError('ERR_EDGE_STORE', 'x'), 'ERR_EDGE_STORE', 503],
  ] as const
).map(([what, error, code, status]) => [
  what,
  () => {
    throw error
  },
  code,
  status,
])
