import type { BytesBody, EmptyBody } from '../../body.js'
import { recorded } from '../../body-tools.js'
import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { type Bytes, type Check, check } from '../../options.js'
import { discard, type Reply } from '../../reply.js'
import { DEFAULT_MAX_BYTES } from './json-text.js'

/** What becomes of replies that are not what they should be. */
export interface ReplyCheckOptions {
  /**
   * `error` answers 502 in place of a reply that does not match, and so holds each back until it is whole; `report` lets it pass,
   * and tells listeners of `invalidReply`. @default 'error'
   */
  readonly onInvalidReply?: 'error' | 'report' | undefined
  /** Longest reply that is read: a longer one is not valid. @default 1_048_576 (1 MiB) */
  readonly maxReplyBytes?: Bytes | undefined
}

/** The checks of {@link ReplyCheckOptions}, for `checkOptions`. */
export const replyChecks: Readonly<Record<keyof ReplyCheckOptions, Check>> = {
  onInvalidReply: check.oneOf('error', 'report'),
  maxReplyBytes: check.whole(1, 2 ** 30),
}

/** What to do with a reply: let it pass, say what is wrong with it, or read it whole and judge that. */
export type ReplyPlan = null | string | ((body: Uint8Array) => string | null)

/** Makes what carries out a plan for a reply. */
export function replyChecker(
  filter: string,
  {
    onInvalidReply = 'error',
    maxReplyBytes = DEFAULT_MAX_BYTES,
    events: hub = sharedEvents,
  }: ReplyCheckOptions & {
    readonly events?: EventHub | undefined
  },
): (exchange: Exchange, reply: Reply, todo: ReplyPlan) => Reply | Promise<Reply> {
  const tell = (exchange: Exchange, { status }: Reply, why: string): void => {
    if (hub.has('invalidReply')) hub.emit('invalidReply', { exchange, filter, status, why })
  }
  const refuse = (exchange: Exchange, reply: Reply, why: string): Reply => {
    tell(exchange, reply, why)
    if (onInvalidReply === 'report') return reply
    discard(reply)
    throw new EdgeError('ERR_EDGE_INVALID_REPLY', `${filter}: the upstream's reply is not what it should be: ${why}`)
  }
  return (exchange, reply, todo) => {
    if (todo === null) return reply
    if (typeof todo === 'string') return refuse(exchange, reply, todo)
    return recorded(reply.body, maxReplyBytes).then((body) => {
      const whole = { ...reply, body }
      const long = body.kind === 'stream' || body.length > maxReplyBytes
      const why = long ? `longer than ${maxReplyBytes} bytes` : todo(bytesOf(body))
      return why === null ? whole : refuse(exchange, whole, why)
    })
  }
}

const NONE = new Uint8Array(0)

function bytesOf(body: EmptyBody | BytesBody): Uint8Array {
  return body.kind === 'bytes' ? body.bytes : NONE
}

/** Whether a reply has a body of its own: not of a HEAD, nor with a status that has none (RFC 9110 §6.4.1). */
export function hasContent({ method }: Exchange, { status }: Reply): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304
}
