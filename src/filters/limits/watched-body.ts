import { StreamBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { PlainHandler } from '../../filter.js'
import { discard, type Reply } from '../../reply.js'

/** What somebody on the way of a body hears of it. */
export interface BodyWatch {
  /** The reader wants bytes: until {@link rest}, what is not there is the source's to deliver. */
  wait?(): void
  /** The reader has no room. */
  rest?(): void
  /** A chunk came. Returns what it must not come further for, or `null`. */
  chunk(bytes: number): Error | null
  /** No more will come, for whatever reason. */
  closed?(): void
}

/** A body on its way through somebody's hands, who can break it. */
export interface WatchedBody {
  readonly body: StreamBody
  /** Ends it with an error on both sides. */
  break(error: Error): void
}

/** Lets `watch` see a body go by, with back-pressure; nothing is read before the reader attaches. */
export function watched(source: StreamBody, watch: BodyWatch): WatchedBody {
  const body: StreamBody = new StreamBody(
    {
      open: () => {
        watch.wait?.()
        source.attach({
          write: (chunk) => {
            const error = watch.chunk(chunk.byteLength)
            if (error === null) return body.push(chunk)
            breakOff(error)
            return false
          },
          end: () => body.end(),
          fail: (error) => body.fail(error),
        })
      },
      pause: () => watch.rest?.(),
      resume: () => {
        watch.wait?.()
        source.resume()
      },
      cancel: (reason) => source.cancel(reason),
    },
    source.length,
  )
  const breakOff = (error: Error): void => {
    source.cancel(error)
    body.fail(error)
  }
  if (watch.closed !== undefined) body.onClose(() => watch.closed?.())
  return { body, break: breakOff }
}

/**
 * Goes on with an exchange whose body is watched. Once its upload was broken off for a denial, that is the answer, whatever the rest of the
 * chain makes of half a body.
 */
export async function orDenied(next: PlainHandler, exchange: Exchange, denial: () => Reply | null): Promise<Reply> {
  let reply: Reply
  try {
    reply = await next(exchange)
  } catch (error) {
    const denied = denial()
    if (denied !== null) return denied
    throw error
  }
  const denied = denial()
  if (denied === null) return reply
  discard(reply)
  return denied
}
