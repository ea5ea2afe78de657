import type { Body, StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Bytes } from '../../options.js'
import type { Decoder } from './decoders.js'
import { relay } from './relay.js'

export interface DecodeLimits {
  readonly maxBytes: Bytes
  readonly maxRatio: number
}

/** Below this no ratio is a bomb: what is short may well be a thousand times itself. */
const RATIO_FROM = 1024 * 1024

/**
 * A body with its codings undone, each under the same limits: what a layer inside another grows to is work, too, however little comes out
 * of it at last (H-158).
 *
 * @param whose Decides the errors: 400 and 413 for a request, 502 for a reply.
 */
export function decoded(
  body: Body,
  decoders: readonly Decoder[],
  limits: DecodeLimits,
  whose: 'request' | 'reply',
): StreamBody | null {
  const corrupt = (cause: Error): Error =>
    cause instanceof EdgeError
      ? cause
      : new EdgeError(
          whose === 'request' ? 'ERR_EDGE_BAD_REQUEST' : 'ERR_EDGE_BAD_REPLY',
          `${whose} body is not in its content coding`,
          {
            cause,
          },
        )
  const tooLarge = (limit: string): EdgeError =>
    new EdgeError(
      whose === 'request' ? 'ERR_EDGE_BODY_TOO_LARGE' : 'ERR_EDGE_REPLY_TOO_LARGE',
      `${whose} body decompresses to more than ${limit}`,
    )
  let layer: StreamBody | null = null
  for (const decoder of decoders) layer = limited(decoder(layer ?? body, corrupt), body, limits, tooLarge)
  return layer
}

function limited(
  layer: StreamBody,
  origin: Body,
  { maxBytes, maxRatio }: DecodeLimits,
  tooLarge: (limit: string) => EdgeError,
): StreamBody {
  let size = 0
  return relay(layer, (chunk, out) => {
    size += chunk.byteLength
    const read = origin.kind === 'stream' ? origin.received : origin.length
    if (size > maxBytes) out.fail(tooLarge(`${maxBytes} bytes`))
    else if (size > RATIO_FROM && size > read * maxRatio) out.fail(tooLarge(`${maxRatio} times its size`))
    return out.push(chunk)
  })
}
