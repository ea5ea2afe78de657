import { WireError } from '../../src/testing/wire/error.js'
import { MessageReader } from '../../src/testing/wire/reader.js'
import { WireReply } from '../../src/testing/wire/reply.js'

export interface ParseRepliesOptions {
  /** Methods of the requests that were answered, in order: a reply to HEAD has no body. @default all 'GET' */
  readonly methods?: readonly string[] | undefined
  /** Whether the peer closed, which completes a reply without length. @default false */
  readonly closed?: boolean | undefined
  /** Whether an unfinished head at the end is left out instead of thrown. @default false */
  readonly unfinished?: boolean | undefined
}

/**
 * Splits what a raw client received into HTTP/1.1 replies, interim ones included. A reply cut in its body has `complete: false`.
 *
 * @throws {@link WireError} on anything that is not strictly HTTP/1.1, a head cut short included.
 */
export function parseReplies(received: Buffer | string, options: ParseRepliesOptions = {}): WireReply[] {
  const { methods = [], closed = false, unfinished = false } = options
  let answered = 0
  const reader = new MessageReader<WireReply>({
    create: (head) => {
      const reply = new WireReply(head, methods[answered] ?? 'GET')
      if (!reply.interim) answered += 1
      return reply
    },
  })
  reader.push(typeof received === 'string' ? Buffer.from(received, 'latin1') : received)
  if (closed) reader.closed()
  if (reader.error) throw reader.error
  if (!unfinished && reader.leftover.length > 0) throw new WireError('unfinished head', reader.leftover)
  return reader.messages
}

/** Makes a predicate for `until` and `waitFor`: true once `count` replies (interim ones not counted) are complete. */
export function afterReplies(count: number, options: ParseRepliesOptions = {}): (text: string) => boolean {
  return (text) => {
    const replies = parseReplies(text, { ...options, unfinished: true })
    return replies.filter((reply) => reply.complete && !reply.interim).length >= count
  }
}
