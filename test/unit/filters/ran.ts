import type { Exchange, Filter, Reply } from 'edgewise'
import { reply } from 'edgewise'

/** What came of one filter in front of a handler. */
export interface Ran {
  /** What the handler was given; `null` if the filter answered by itself. */
  readonly passed: Exchange | null
  readonly reply: Reply
}

/** Runs one filter. */
export async function ran(
  filter: Filter,
  exchange: Exchange,
  handler: (exchange: Exchange) => Reply | Promise<Reply> = () => reply(200, 'ok'),
): Promise<Ran> {
  let passed: Exchange | null = null
  const answer = await filter(exchange, async (given) => {
    passed = given
    return handler(given)
  })
  return { passed, reply: answer }
}
