import { type EdgeEvents, type Exchange, events, type Filter, reply, type Verdict } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { expectPrincipal } from '../../../src/filters/auth/principal.js'
import * as filters from '../../../src/filters/index.js'
import { asked } from '../../unit/asked.js'
import { type Put, rows } from './explained-filters.js'

/** What is exported beside them and makes no filter: stores, readers of what filters left, handlers. */
const OTHERS =
  'memoryStore tieredStore consumerOf hashPassword principalOf memoryReplayStore limitsOf redirect aggregate memoryIdempotencyStore requestIdOf respond branchOf split versionOf versions operationOf'.split(
    ' ',
  )

const EVENTS: readonly (keyof EdgeEvents)[] = [
  ...(['denied', 'invalidReply', 'limited', 'quota', 'store', 'cache', 'ban', 'anomaly'] as const),
  ...(['overload', 'keys', 'fault'] as const),
]

/** An exchange that nobody has looked at yet. */
const fresh = ([target, odd = {}]: Put): Exchange => asked(target, odd)

/** What a filter says at last, worked out where it can be. */
async function explained(filter: Filter, exchange: Exchange): Promise<Verdict> {
  expectPrincipal(exchange)
  const verdict = filter.explain!(exchange)
  return verdict.workOut === undefined ? verdict : verdict.workOut()
}

interface Shown {
  readonly method: string
  readonly href: string
  readonly headers: object
  readonly id: string
  readonly text: string
}

/** A request as those behind a filter see it, but for what is new each time. */
function shown({ method, wire, headers, body }: Exchange): Shown {
  const { 'x-request-id': id, ...rest } = headers
  const text = body.kind === 'bytes' ? Buffer.from(body.bytes).toString() : body.kind
  return { method, href: wire.href, headers: { ...rest }, id: typeof id, text }
}

/** What flows is not read here. */
function flowing({ text }: Shown): Partial<Shown> {
  return text === 'stream' ? { text } : {}
}

interface Ran {
  readonly status: number
  readonly passed: Shown | null
}

async function run(filter: Filter, exchange: Exchange): Promise<Ran> {
  let passed: Shown | null = null
  try {
    const answer = await filter(exchange, async (given) => {
      passed = shown(given)
      return reply(200, '{"a":1}', { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
    })
    return { status: answer.status, passed }
  } catch (error) {
    return { status: (error as { status: number }).status, passed }
  }
}

describe('every filter', () => {
  it('that is exported stands in the table, with at least three requests', () => {
    const made = Object.keys(filters).filter((name) => !OTHERS.includes(name))
    expect(made.toSorted()).toEqual([...new Set(rows.map(([name]) => name))].toSorted())
    expect(rows.filter(([, , ...requests]) => requests.length < 3).map(([name]) => name)).toEqual([])
  })

  it.each(rows.map((row) => [row[0], row] as const))(
    '%s explains what it then does, and what it explained changes nothing',
    async (_, [, make, ...requests]) => {
      const told: string[] = []
      const stop = EVENTS.map((name) => events.on(name, () => void told.push(name)))
      const [looked, alone] = [await make(), await make()]
      for (const put of requests) {
        const heard = told.length
        const exchange = fresh(put)
        const verdict = await explained(looked, exchange)
        const again = await explained(looked, fresh(put))
        const { verdict: kind, why, status } = verdict
        expect(again).toMatchObject({ verdict: kind, why, ...(status === undefined ? {} : { status }) })
        expect(told.slice(heard)).toEqual([])
        expect(shown(exchange)).toEqual(shown(fresh(put)))
        const onward = (verdict.onward ?? ((same) => same))(exchange)
        const did = await run(looked, fresh(put))
        const without = await run(alone, fresh(put))
        expect({ put, ...did }).toEqual({ put, ...without })
        if (kind === 'deny' || kind === 'answer') expect([why, did.passed]).toEqual([why, null])
        else if (kind !== 'depends' || verdict.about === 'reply') expect(did.passed).not.toBeNull()
        if (status !== undefined) expect([why, did.status]).toEqual([why, status])
        if (did.passed !== null && (kind !== 'depends' || verdict.about === 'reply'))
          expect(did.passed).toEqual({ ...shown(onward), ...flowing(did.passed) })
      }
      for (const each of stop) each()
      await looked.close?.()
      await alone.close?.()
    },
  )
})
