import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { HeaderMap } from '../http/header-map.js'
import { errorReply, type Reply } from '../reply.js'

/**
 * Gives other fields to whatever the rest of a chain answers. A failure that Edgewise answers by its status becomes that answer here, so that it
 * has them, too; any other failure is the framework's to answer.
 *
 * @param change Makes the new fields of those that there are.
 */
export async function changeReply(
  exchange: Exchange,
  ask: () => Promise<Reply>,
  change: (headers: HeaderMap) => HeaderMap,
): Promise<Reply> {
  let reply: Reply
  try {
    reply = await ask()
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error
    exchange.noteFailure(error)
    reply = errorReply(error)
  }
  return { ...reply, headers: change(reply.headers) }
}
