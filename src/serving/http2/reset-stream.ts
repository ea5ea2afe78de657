import type { Http2ServerResponse } from 'node:http2'

/**
 * Breaks a reply off with a reset, INTERNAL_ERROR (RFC 9113 §5.4.2): nobody takes for whole what ends like that. Not by `close`, which
 * ends the stream first (measured: the client gets END_STREAM, and no reset).
 */
export function resetStream({ stream }: Http2ServerResponse): void {
  stream.destroy(new Error('the reply broke off'))
}
