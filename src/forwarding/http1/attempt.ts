import { type Body, type BodySource, emptyBody, StreamBody } from '../../body.js'
import { release } from '../../chunk-memory.js'
import { asError, EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { type ReplyFields, readReplyFields } from '../../http/reply-fields.js'
import type { Reply } from '../../reply.js'
import { holdWrites } from '../../write-together.js'
import type { PhaseTimer, TimedPhases } from '../phase-timer.js'
import { readTrailers } from '../trailers.js'
import type { Attempt } from '../transport.js'
import { toEdgeError } from '../transport-errors.js'
import type { Carried, Connection } from './connection.js'
import type { ReplyHead } from './reply-head.js'
import type { Framing } from './reply-reader.js'
import { requestHead } from './request-head.js'
import { RequestWriter, type SendingListener } from './request-writer.js'

/** Up to this many bytes leave as text in one string with the head: one plain write instead of a gathered one. */
const TEXT_LIMIT = 4096

/** One request over a connection: sends it, and is the source of its reply's body. No closure per callback. */
export class Http1Attempt implements Carried, SendingListener, BodySource, TimedPhases {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #connection: Connection
  readonly #lenient: boolean
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: EdgeError) => void
  readonly #timer: PhaseTimer
  #writer: RequestWriter | null = null
  #replyBody: StreamBody | null = null
  #trailers: HeaderMap | null = null
  #paused = false
  /** The reply is complete, or the attempt has failed: nothing counts after that. */
  #over = false

  constructor(
    exchange: Exchange,
    attempt: Attempt,
    connection: Connection,
    lenient: boolean,
    resolve: (reply: Reply) => void,
    reject: (error: EdgeError) => void,
  ) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#connection = connection
    this.#lenient = lenient
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = connection.timer
    this.#timer.lend(attempt.timeouts, this)
  }

  start(): void {
    const connection = this.#connection
    this.#attempt.progress.phase = 'connecting'
    connection.carry(this)
    this.#attempt.onAbort((reason) => this.#fail(reason))
    if (this.#over) return
    if (connection.connected) this.connected()
    else this.#timer.connecting()
  }

  // ── the connection's side ──

  connected(): void {
    const { progress, endpoint } = this.#attempt
    const { method, wire, headers, body } = this.#exchange
    const now = performance.now()
    progress.times.connectedAt = now
    progress.reusedConnection = this.#connection.served++ > 0
    try {
      const head = requestHead(method, endpoint.pathPrefix + wire.href, headers, body, endpoint.host)
      this.#connection.expectReply()
      progress.phase = 'sent-head'
      this.#timer.waiting(now)
      this.#send(head, body)
    } catch (error) {
      this.#fail(asError(error))
    }
  }

  drained(): void {
    if (this.#writer === null) return
    this.#timer.progress()
    this.#writer.drained()
  }

  lost(error: Error): void {
    this.#fail(error)
  }

  interim({ status, fields }: ReplyHead): void {
    // A 100 that nobody asked for says nothing (RFC 9110 §15.2.1), and counts as the others do: a run of them has no end (H-067).
    this.#attempt.inform(status, readReplyFields(fields).headers)
  }

  head({ status, minor, fields }: ReplyHead): Framing {
    const read = readReplyFields(fields, 0, this.#lenient)
    if (minor === 0 && read.chunked)
      throw new EdgeError('ERR_EDGE_BAD_REPLY', 'upstream reply refused: transfer coding in HTTP/1.0')
    const bodyless = this.#exchange.method === 'HEAD' || status === 204 || status === 304
    const framing = bodyless ? 0 : read.chunked ? 'chunked' : (read.length ?? 'close')
    this.#connection.heed(read, minor, framing)
    this.#answer(status, read, framing)
    return framing
  }

  data(chunk: Buffer): void {
    this.#timer.progress()
    this.#replyBody?.push(chunk)
  }

  complete(trailers: readonly string[]): void {
    if (this.#over) return
    // Trailers may be what makes a reply a bad one: the attempt is not over before they are read.
    if (trailers.length > 0) this.#trailers = readTrailers(readReplyFields(trailers).headers)
    this.#over = true
    this.#timer.stop()
    this.#attempt.progress.times.lastByteAt = performance.now()
    this.#leave()
    this.#replyBody?.end()
  }

  // ── the request body's side ──

  sent(): void {
    this.#attempt.progress.phase = 'sent-body'
    this.#timer.progress()
  }

  unsendable(error: Error): void {
    this.#fail(error)
  }

  // ── the reply body's side ──

  pause(): void {
    this.#paused = true
    this.#connection.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#over) return
    this.#timer.progress()
    this.#connection.resume()
  }

  cancel(reason: Error): void {
    this.#replyBody = null
    this.#fail(reason)
  }

  /** Chunks are made by the connection, each for itself. */
  spent(chunk: Uint8Array): void {
    release(chunk)
  }

  // ── the timer's side ──

  timedOut(error: EdgeError): void {
    this.#fail(error)
  }

  waitsForClient(): 'uploading' | 'not-reading' | null {
    if (this.#paused) return 'not-reading'
    return this.#writer?.waiting === true ? 'uploading' : null
  }

  #send(head: string, body: Body): void {
    const { socket } = this.#connection
    // The head leaves with what is there of the body.
    holdWrites(socket)
    if (body.kind === 'empty') {
      socket.write(head, 'latin1')
    } else if (body.kind === 'bytes') {
      this.#sendBytes(head, body.bytes)
    } else {
      this.#writer = new RequestWriter(socket, body, this)
      socket.write(head, 'latin1')
      try {
        body.attach(this.#writer)
      } catch (error) {
        // Somebody has read it: nothing above a new connection's event could catch that.
        this.#fail(asError(error))
      }
    }
  }

  #sendBytes(head: string, bytes: Uint8Array): void {
    const { socket } = this.#connection
    if (bytes.byteLength <= TEXT_LIMIT && Buffer.isBuffer(bytes)) {
      socket.write(head + bytes.toString('latin1'), 'latin1')
    } else {
      socket.write(head, 'latin1')
      socket.write(bytes)
    }
    this.sent()
  }

  #answer(status: number, { headers, length }: ReplyFields, framing: Framing): void {
    const { progress } = this.#attempt
    progress.phase = 'replying'
    const now = performance.now()
    progress.times.firstByteAt = now
    this.#timer.flowing(now)
    if (framing !== 0) this.#replyBody = new StreamBody(this, length)
    const trailers = framing === 'chunked' ? () => this.#trailers ?? emptyHeaders() : undefined
    this.#resolve({ status, headers, body: this.#replyBody ?? emptyBody, trailers, tunnel: undefined })
  }

  /** The connection is the next request's, unless this one is still being sent: its rest would be taken for a request. */
  #leave(): void {
    if (this.#writer === null || this.#writer.ended) return this.#connection.release()
    this.#writer.stop(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'answered before the request was whole'))
    this.#connection.discard()
  }

  /** Ends the attempt, once, whoever found that it is over. */
  #fail(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#timer.stop()
    const error = toEdgeError(reason, this.#attempt.progress)
    this.#connection.discard()
    this.#writer?.stop(error)
    this.#reject(error)
    this.#replyBody?.fail(error)
  }
}
