import { type OutgoingHttpHeader, OutgoingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { StreamBody } from '../body.js'
import { WORTH_RELEASING } from '../chunk-memory.js'
import { EdgeError } from '../errors.js'
import type { OutcomeBuilder } from '../outcome.js'
import type { Reply } from '../reply.js'
import { holdWrites } from '../write-together.js'
import { fieldList, hasTrailers, isBodyless, wholeBody } from './framing.js'
import { isReceiving, linger } from './linger.js'
import { type ReplyOutlet, ReplySink } from './reply-sink.js'

/**
 * Writes a reply to Node's response: in one write where the body is there, else with back-pressure. An upstream that dies
 * mid-body breaks the client's message, which never looks complete (H-090).
 *
 * @throws Node's `ERR_INVALID_CHAR` and the like for fields that can't be written, before anything is.
 */
export function writeReply(res: ServerResponse, reply: Reply, outcome: OutcomeBuilder): void {
  const { status, body } = reply
  const { req } = res
  outcome.status = status
  outcome.phase = 'data'
  const bodyless = isBodyless(req.method, status)
  const whole = bodyless || hasTrailers(reply) ? undefined : wholeBody(body)
  const list = fieldList(
    reply.headers,
    status,
    bodyless ? undefined : whole === undefined ? body.length : whole === null ? 0 : whole.byteLength,
    bodyless,
  )
  // A body that died while its head is still here makes an error, not a broken reply.
  if (!bodyless && whole === undefined && body.kind === 'stream' && body.failure !== null) throw body.failure
  const receiving = isReceiving(req)
  if (receiving) res.shouldKeepAlive = false
  else if (res.socket !== null && (bodyless || whole !== undefined)) holdWrites(res.socket)
  // Cookies of the framework's (a session's, say) stand beside the reply's: `writeHead` alone would put these in their place.
  const cookies = reply.headers['set-cookie'] === undefined ? [] : earlierCookies(res)
  res.writeHead(status, (cookies.length === 0 ? list : [...list, ...cookies]) as OutgoingHttpHeader[])
  if (bodyless) {
    if (body.kind === 'stream') body.cancel(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'a reply without body'))
    return finish(res, outcome)
  }
  if (whole === undefined) {
    const flow = body as StreamBody
    res.on('drain', () => flow.resume())
    flow.attach(new ReplySink(new NodeOutlet(res, flow, reply, outcome), outcome))
    // Node holds a head back until there is a body: one that takes its time (server-sent events) must not.
    if (outcome.bytesOut === 0) res.flushHeaders()
    return
  }
  if (whole === null) return finish(res, outcome)
  outcome.bytesOut = whole.byteLength
  if (receiving) {
    // A response that waits for its turn may hold a 100 by now: Node would put it between the head and a body of bytes (H-020).
    res.flushHeaders()
    res.write(whole)
    finish(res, outcome)
  } else {
    outcome.phase = 'done'
    endWith(res, whole)
  }
}

/** Up to this many bytes leave as text in one string with the head: one plain write instead of a gathered one, about 1.5 µs less. */
const TEXT_LIMIT = 4096

function endWith(res: ServerResponse, whole: Uint8Array): void {
  if (whole.byteLength > TEXT_LIMIT || !Buffer.isBuffer(whole)) res.end(whole)
  // latin1 maps bytes to code units one to one, both ways: the bytes on the wire are the same.
  else res.end(whole.toString('latin1'), 'latin1')
}

function earlierCookies(res: ServerResponse): string[] {
  const earlier = res.getHeader('set-cookie')
  return earlier === undefined ? [] : [earlier].flat().flatMap((cookie) => ['set-cookie', String(cookie)])
}

/** As Node made it: whoever has put another in its place (a compressing middleware, say) may hold on to what was written. */
const nodesWrite = OutgoingMessage.prototype.write

/** Where a stream body goes: Node's response, at the client's pace. */
class NodeOutlet implements ReplyOutlet {
  readonly #res: ServerResponse
  readonly #body: StreamBody
  readonly #trailers: Reply['trailers']
  readonly #outcome: OutcomeBuilder

  constructor(res: ServerResponse, body: StreamBody, { trailers }: Reply, outcome: OutcomeBuilder) {
    this.#res = res
    this.#body = body
    this.#trailers = trailers
    this.#outcome = outcome
  }

  write(chunk: Uint8Array): boolean {
    const res = this.#res
    if (chunk.byteLength < WORTH_RELEASING || res.write !== nodesWrite) return res.write(chunk)
    return res.write(chunk, () => this.#body.spent(chunk))
  }

  end(): void {
    const res = this.#res
    const list = Object.entries(this.#trailers?.() ?? {}) as [string, string][]
    if (list.length > 0 && res.chunkedEncoding) res.addTrailers(list)
    finish(res, this.#outcome)
  }

  breakOff(): void {
    breakOff(this.#res)
  }
}

/** Breaks a message off so that nobody takes it for whole: HTTP/1.0 has only a reset to say that with. */
export function breakOff(res: ServerResponse): void {
  const socket = res.socket as (Socket & { resetAndDestroy?: () => void }) | null
  if (socket === null) res.destroy()
  else if (res.req.httpVersion === '1.0' && typeof socket.resetAndDestroy === 'function') socket.resetAndDestroy()
  else socket.destroy()
}

/** Ends a reply; when the client is still sending, reads on for a moment first, or closing would reset what it has not read yet. */
function finish(res: ServerResponse, outcome: OutcomeBuilder): void {
  outcome.phase = 'done'
  if (res.destroyed || !isReceiving(res.req)) {
    res.end()
    return
  }
  res.flushHeaders()
  linger(res.req, () => res.end())
}
