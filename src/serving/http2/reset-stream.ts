import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'

/**
 * Breaks a reply off with a reset, INTERNAL_ERROR (RFC 9113 §5.4.2): nobody takes for whole what ends like that. Not by `close`, which
 * ends the stream first (measured: the client gets END_STREAM, and no reset).
 */
export function resetStream({ stream }: Http2ServerResponse): void {
  stream.destroy(new Error('the reply broke off'))
}

/**
 * Lets a stream close when its client resets it. Where the reset says NO_ERROR while bytes wait in either direction, Node alone waits
 * for what can't come any more (measured: the stream stayed until its connection went, with all that hung on it). It tells of a
 * reset (`aborted`) only while it may still be written to, and closes at once only what has been read to its end.
 */
export function closeWithClient(stream: ServerHttp2Stream): void {
  stream.once('aborted', destroy)
  if (stream.endAfterHeaders) stream.resume()
}

function destroy(this: ServerHttp2Stream): void {
  // Not at once: Node is about to end it.
  process.nextTick(() => this.destroy())
}
