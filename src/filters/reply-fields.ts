import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { changeHeaders, type HeaderMap } from '../http/header-map.js'
import { errorReply, type Reply } from '../reply.js'

/**
 * Changes fields of whatever the rest of a chain answers. A failure that Edgewise answers by its status becomes that answer here, so that it
 * has them, too; any other failure is the framework's to answer.
 */
export function changeReply(
  exchange: Exchange,
  answer: Promise<Reply>,
  change: (headers: HeaderMap) => HeaderMap,
): Promise<Reply> {
  return answer.then(
    (reply) => ({ ...reply, headers: changeHeaders(reply.headers, change(reply.headers)) }),
    (error) => {
      if (!(error instanceof EdgeError)) throw error
      exchange.noteFailure(error)
      const reply = errorReply(error)
      return { ...reply, headers: changeHeaders(reply.headers, change(reply.headers)) }
    },
  )
}
