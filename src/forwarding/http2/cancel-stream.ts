import type { ClientHttp2Stream } from 'node:http2'
import { addAbortSignal, Readable } from 'node:stream'

/** An AbortError of Node's own, which it does not export: the one reason to destroy a stream for which the upstream is sent CANCEL. */
const ABORTED: Error = addAbortSignal(
  AbortSignal.abort(),
  new Readable().on('error', () => {}),
).errored!

/**
 * Resets a stream with CANCEL. Not by `close()`: that ends the stream first, and an upload that was cut off in the middle would look whole
 * to its upstream.
 */
export function cancelStream(stream: ClientHttp2Stream): void {
  stream.destroy(ABORTED)
}
