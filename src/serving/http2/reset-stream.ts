import { constants, type Http2ServerResponse } from 'node:http2'

/** Breaks a reply off (RFC 9113 §5.4.2): nobody takes for whole what ends in a reset. */
export function resetStream({ stream }: Http2ServerResponse): void {
  stream.close(constants.NGHTTP2_INTERNAL_ERROR)
}
