import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { OutcomeBuilder } from '../../outcome.js'
import type { Reply } from '../../reply.js'
import { fieldList, hasTrailers, isBodyless, wholeBody } from '../framing.js'
import { type ReplyOutlet, ReplySink } from '../reply-sink.js'
import { http2Head, http2Trailers } from './fields.js'
import { closeWithClient, resetStream } from './reset-stream.js'

const NOTHING = new Uint8Array(0)
/** What a frame holds (RFC 9113 §4.2), unless a client wants more. */
const FRAME = 16_384

/**
 * Writes a reply to its stream: in one go where the body is there, else with back-pressure. A body that breaks off resets the
 * stream, which then never ends (H-090). A client that is still sending is told to stop (RFC 9113 §8.1).
 *
 * @throws Node's errors for a status or fields that can't be written, before anything is.
 */
export function writeHttp2Reply(res: Http2ServerResponse, reply: Reply, outcome: OutcomeBuilder): void {
  const { stream } = res
  const { status, headers, body, trailers } = reply
  // Also where nobody has begun an exchange: a refusal may wait for its client, too.
  closeWithClient(stream)
  outcome.status = status
  outcome.phase = 'data'
  const bodyless = isBodyless(res.req.method, status)
  const whole = bodyless ? null : hasTrailers(reply) ? undefined : wholeBody(body)
  if (whole === undefined && (body as StreamBody).failure !== null) throw (body as StreamBody).failure
  const length = whole === undefined ? body.length : (whole?.byteLength ?? (bodyless ? undefined : 0))
  stream.respond(http2Head(status, fieldList(headers, status, length, bodyless) as string[], res), {
    endStream: whole === null,
    waitForTrailers: whole === undefined && trailers !== undefined,
  })
  if (whole === undefined) {
    stream.on('drain', () => (body as StreamBody).resume())
    ;(body as StreamBody).attach(new ReplySink(outletOf(res, reply, outcome), outcome))
    return
  }
  if (bodyless && body.kind === 'stream') body.cancel(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'a reply without body'))
  outcome.bytesOut = whole?.byteLength ?? 0
  finish(res, outcome, whole)
}

function outletOf(res: Http2ServerResponse, { trailers }: Reply, outcome: OutcomeBuilder): ReplyOutlet {
  const { stream } = res
  return {
    write: (chunk) => stream.write(chunk),
    end() {
      // They go out when the stream asks for them, by a listener of Node's own response.
      if (trailers !== undefined) res.addTrailers(http2Trailers(trailers()))
      finish(res, outcome, null, trailers === undefined ? 'finish' : 'wantTrailers')
    },
    breakOff: () => resetStream(res),
  }
}

/**
 * Ends a reply. What its client is still sending is of no use to anybody then.
 *
 * @param end The event by which all of it is on its way: a stream has finished before its trailers are sent.
 */
function finish(
  res: Http2ServerResponse,
  outcome: OutcomeBuilder,
  last: Uint8Array | null,
  end: 'finish' | 'wantTrailers' = 'finish',
): void {
  const { stream } = res
  outcome.phase = 'done'
  const read = stream.endAfterHeaders || stream.readableEnded
  if (last !== null) stream.write(last)
  const close = (): void => {
    // Node's response has to know that it has ended, or it does not tell a framework's listeners.
    if (read) return void res.end()
    const letGo = (): void => {
      if (!stream.readableEnded) stream.destroy()
    }
    if (stream.writableFinished) setImmediate(letGo)
    else stream.once(end, () => setImmediate(letGo))
    res.end()
  }
  // A short rest leaves in one frame with the end.
  if (read && stream.writableLength <= FRAME) close()
  else whenFlushed(stream, close)
}

/** Not before all has left: of a reset Node tells only until the end. */
function whenFlushed(stream: ServerHttp2Stream, then: () => void): void {
  if (stream.writableLength === 0) return then()
  stream.write(NOTHING, (error) => {
    if (!error) then()
  })
}
