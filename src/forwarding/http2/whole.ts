import type { ClientHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'

const WHOLE: unique symbol = Symbol('END_STREAM has come')

type Watched = ClientHttp2Stream & { [WHOLE]?: true }

/**
 * Watches for the end of a stream's reply. Node emits `end` for END_STREAM and for a RST_STREAM with NO_ERROR alike, and a reply cut
 * off by that (a Node server's `destroy()` sends it, and so does one that ends a stream whose request it has not read) would look whole.
 * Only at the moment when the end is pushed are the two told apart: by then a reset has closed the stream.
 */
export function watchEnd(stream: ClientHttp2Stream): void {
  stream.push = push
}

/** Whether the upstream has ended the reply itself. */
export function isWhole(stream: ClientHttp2Stream): boolean {
  return (stream as Watched)[WHOLE] === true
}

function push(this: Watched, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this.closed) this[WHOLE] = true
  return Readable.prototype.push.call(this, chunk, encoding)
}
