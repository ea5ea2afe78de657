import { bytesBody, type EdgeEvents, EventHub, type Exchange, type Filter, type Reply, reply } from 'edgewise'
import { type Asked, asked } from '../../asked.js'

/** A request with a body of JSON. */
export function posted(text: string, odd: Asked & { readonly type?: string; readonly path?: string } = {}): Exchange {
  const { type = 'application/json', path = '/', ...rest } = odd
  return asked(path, {
    method: 'POST',
    body: bytesBody(text),
    ...rest,
    headers: { 'content-type': type, ...rest.headers },
  })
}

/** What came of a filter in front of a handler. */
export interface Tried {
  readonly status: number
  readonly reply: Reply
  /** What the handler was given; `null` if it was not asked. */
  readonly passed: Exchange | null
  readonly denied: readonly EdgeEvents['denied'][]
  readonly invalid: readonly EdgeEvents['invalidReply'][]
  /** Of the reply. */
  readonly text: string
  /** The reply's body as JSON. */
  readonly json: { readonly detail?: string; readonly errors?: readonly Record<string, string>[] }
}

/** Runs a filter, and holds what it explains against what it does. */
export async function tried(
  make: (events: EventHub) => Filter,
  exchange: Exchange,
  handler: () => Reply = () => reply(200, '"passed"', { 'content-type': 'application/json' }),
): Promise<Tried> {
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  const invalid: EdgeEvents['invalidReply'][] = []
  events.on('denied', (event) => denied.push(event))
  events.on('invalidReply', (event) => invalid.push(event))
  const filter = make(events)
  const verdict = filter.explain?.(exchange).verdict
  let passed: Exchange | null = null
  const answer = await filter(exchange, async (given) => {
    passed = given
    return handler()
  })
  if (verdict !== 'depends' && verdict !== (passed === null ? 'deny' : 'pass'))
    throw new Error(`explains ${verdict}, and ${passed === null ? 'denies' : 'passes'}`)
  if (denied.length !== (passed === null ? 1 : 0)) throw new Error(`${denied.length} denied events`)
  const text = answer.body.kind === 'bytes' ? Buffer.from(answer.body.bytes).toString() : ''
  const json = passed === null && text.startsWith('{') ? JSON.parse(text) : {}
  return { status: answer.status, reply: answer, passed, denied, invalid, text, json }
}
