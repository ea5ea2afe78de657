import { type ClientHttp2Stream, constants } from 'node:http2'
import { type Body, type BodySink, type BodySource, emptyBody, StreamBody } from '../../body.js'
import { asError, EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { readReplyFields } from '../../http/reply-fields.js'
import type { Reply } from '../../reply.js'
import type { PhaseTimer, TimedPhases } from '../phase-timer.js'
import { readTrailers } from '../trailers.js'
import type { Attempt } from '../transport.js'
import { cancelStream } from './cancel-stream.js'
import { streamFailure } from './failures.js'
import { http2Fields } from './request-fields.js'
import type { Session } from './session.js'
import type { Sessions, Waiter } from './sessions.js'
import { isWhole, watchEnd } from './whole.js'

const { NGHTTP2_FLAG_END_STREAM } = constants
/** `:status` and its value: the one pseudo-field of a reply, and nghttp2 has seen to it that it comes first (RFC 9113 §8.3). */
const PSEUDO = 2

/** How an attempt goes on. */
export interface Course {
  resolve(reply: Reply): void
  reject(error: EdgeError): void
  insteadOverHttp1(): void
}

/** One request on a stream: sends the body, reads the reply, both at once, and ends exactly once. */
export class Http2Attempt implements Waiter, BodySource, BodySink, TimedPhases {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #sessions: Sessions
  readonly #course: Course
  readonly #timer: PhaseTimer
  #session: Session | null = null
  #stream: ClientHttp2Stream | null = null
  #replyBody: StreamBody | null = null
  #trailers: HeaderMap = emptyHeaders()
  #paused = false
  #uploading = false
  /** The reply is complete, or the attempt has failed: nothing counts after that. */
  #over = false

  constructor(exchange: Exchange, attempt: Attempt, sessions: Sessions, course: Course) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#sessions = sessions
    this.#course = course
    this.#timer = sessions.takeTimer()
    this.#timer.lend(attempt.timeouts, this)
  }

  start(): void {
    const { progress } = this.#attempt
    progress.phase = 'connecting'
    this.#attempt.onAbort((reason) => this.fail(reason))
    if (this.#over) return
    const { startedAt } = progress.times
    if (!this.#sessions.take(this, startedAt) && !this.#over) this.#timer.connecting(startedAt)
  }

  // ── the sessions' side ──

  get fresh(): boolean {
    return this.#attempt.freshConnection
  }

  begin(session: Session): void {
    const { progress, endpoint } = this.#attempt
    const { body } = this.#exchange
    const now = performance.now()
    const reused = session.served > 0
    try {
      this.#stream = session.request(http2Fields(this.#exchange, endpoint), body.kind === 'empty')
    } catch (cause) {
      const unsendable = new EdgeError('ERR_EDGE_BAD_VALUE', 'a field or target that cannot be sent', { cause })
      return this.fail(cause instanceof EdgeError ? cause : unsendable)
    }
    this.#session = session
    progress.times.connectedAt = now
    progress.reusedConnection = reused
    progress.phase = 'sent-head'
    this.#timer.waiting(now)
    this.#listen(this.#stream)
    this.#send(this.#stream, body)
  }

  beginOverHttp1(): void {
    this.#finish()
    this.#course.insteadOverHttp1()
  }

  /** Ends the attempt, once, whoever found that it is over. */
  fail(reason: Error): void {
    if (this.#over) return
    const stream = this.#stream
    const unseen = stream !== null && this.#session?.refused(stream) === true
    const error = streamFailure(reason, stream?.rstCode ?? 0, unseen, this.#attempt.progress)
    this.#finish()
    this.#sessions.forget(this)
    this.#letGo()
    this.#course.reject(error)
    this.#replyBody?.fail(error)
  }

  // ── the timer's side ──

  timedOut(error: EdgeError): void {
    if (error.source === 'upstream') this.#session?.doubt()
    this.fail(error)
  }

  waitsForClient(): 'uploading' | 'not-reading' | null {
    if (this.#paused) return 'not-reading'
    return this.#uploading && this.#stream?.writableNeedDrain === false ? 'uploading' : null
  }

  // ── the reply body's source ──

  pause(): void {
    this.#paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#timer.progress()
    this.#stream?.resume()
  }

  cancel(reason: Error): void {
    this.#replyBody = null
    this.fail(reason)
  }

  // ── the request body's sink ──

  write(chunk: Uint8Array): boolean {
    const { progress } = this.#attempt
    if (progress.phase !== 'replying') progress.phase = 'sent-body'
    this.#timer.progress()
    return this.#stream!.write(chunk)
  }

  end(): void {
    this.#uploading = false
    this.#stream!.end()
  }

  #listen(stream: ClientHttp2Stream): void {
    watchEnd(stream)
    stream.on('headers', (fields, _, raw) => this.#guard(() => this.#interim(Number(fields[':status']), raw!)))
    stream.on('response', (fields, flags, raw) =>
      this.#guard(() => this.#head(Number(fields[':status']), raw!, (flags & NGHTTP2_FLAG_END_STREAM) !== 0)),
    )
    stream.on('trailers', (fields) => {
      this.#trailers = readTrailers(fields as HeaderMap)
    })
    stream.on('end', () => this.#ended(stream))
    // Of a request whose head was not sent any more, as its connection went away.
    stream.on('frameError', () => this.fail(new EdgeError('ERR_EDGE_STREAM_REFUSED', 'the request could not be sent')))
    stream.on('error', (error) => this.fail(error))
    stream.on('close', () => {
      if (!this.#over) this.fail(new Error('reply cut short'))
    })
  }

  #send(stream: ClientHttp2Stream, body: Body): void {
    if (body.kind !== 'stream') {
      if (body.kind === 'bytes') stream.end(body.bytes)
      this.#attempt.progress.phase = 'sent-body'
      return
    }
    this.#uploading = true
    stream.on('drain', () => {
      this.#timer.progress()
      body.resume()
    })
    body.attach(this)
  }

  #interim(status: number, raw: readonly string[]): void {
    this.#attempt.inform(status, readReplyFields(raw, PSEUDO).headers)
  }

  #head(status: number, raw: readonly string[], ended: boolean): void {
    // Some versions of Node let a status through that is none (H-097).
    if (!(status >= 200)) throw new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: status ${status}`)
    const { progress } = this.#attempt
    const { headers, length } = readReplyFields(raw, PSEUDO)
    progress.phase = 'replying'
    const now = performance.now()
    progress.times.firstByteAt = now
    this.#timer.flowing(now)
    const bodyless = this.#exchange.method === 'HEAD' || status === 204 || status === 304
    this.#stream!.on('data', (chunk: Buffer) => {
      this.#timer.progress()
      this.#replyBody?.push(chunk)
    })
    if (ended || bodyless)
      return this.#course.resolve({ status, headers, body: emptyBody, trailers: undefined, tunnel: undefined })
    const body = new StreamBody(this, length)
    this.#replyBody = body
    const trailers = (): HeaderMap => this.#trailers
    // Once all frames of this read have been told: a small body has come by then, and leaves in one write with its head.
    setImmediate(() => this.#course.resolve({ status, headers, body, trailers, tunnel: undefined }))
  }

  #ended(stream: ClientHttp2Stream): void {
    if (this.#over) return
    const { progress } = this.#attempt
    const body = this.#replyBody
    const cut = !isWhole(stream) && body !== null && body.received !== body.length
    if (cut || progress.phase !== 'replying') return this.fail(new Error('reply cut short'))
    progress.times.lastByteAt = performance.now()
    this.#finish()
    // What is still being sent is of no use to anybody.
    if (this.#uploading) this.#letGo()
    this.#replyBody?.end()
  }

  #finish(): void {
    this.#over = true
    this.#sessions.giveTimer(this.#timer)
  }

  /** Resets the stream, if it is still there, and lets go of the client's body. */
  #letGo(): void {
    const { body } = this.#exchange
    if (this.#uploading && body.kind === 'stream' && !body.ended)
      body.cancel(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'request body no longer wanted'))
    this.#uploading = false
    if (this.#stream !== null) cancelStream(this.#stream)
  }

  /** Runs what reads the upstream's frames: what it throws ends the attempt, not the process. */
  #guard(run: () => void): void {
    if (this.#over) return
    try {
      run()
    } catch (error) {
      this.fail(asError(error))
    }
  }
}
