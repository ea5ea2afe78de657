import type { Codec, NodeRequest } from './codec.js'
import { http1Codec } from './http1-codec.js'
import { http2Codec } from './http2/codec.js'

/** The codec of a request. Its version does not tell: an HTTP/1 request line can claim any. */
export function codecOf(req: NodeRequest): Codec {
  return 'stream' in req ? http2Codec : http1Codec
}
