import type { Dispatcher } from 'undici'
import { type Body, type BodySource, emptyBody, StreamBody } from '../../body.js'
import { asError, EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { readReplyFields } from '../../http/reply-fields.js'
import type { Reply } from '../../reply.js'
import type { PhaseTimer, TimedPhases } from '../phase-timer.js'
import { readTrailers } from '../trailers.js'
import type { Attempt } from '../transport.js'
import { toEdgeError } from '../transport-errors.js'
import type { Connection } from './connection.js'
import { RequestBody } from './request-body.js'

type Controller = Dispatcher.DispatchController

/** One request through undici: its dispatch handler, and the source of the reply's body. No closure per callback. */
export class UndiciAttempt implements Dispatcher.DispatchHandler, BodySource, TimedPhases {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #connection: Connection
  readonly #lenient: boolean
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: EdgeError) => void
  readonly #timer: PhaseTimer
  #controller: Controller | null = null
  #requestBody: RequestBody | null = null
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
    const { endpoint, progress } = this.#attempt
    const { method, wire, body } = this.#exchange
    progress.phase = 'connecting'
    this.#attempt.onAbort((reason) => this.#fail(reason))
    if (this.#over) return
    if (!this.#connection.connected) this.#timer.connecting()
    const options = {
      method,
      path: endpoint.pathPrefix + wire.href,
      headers: fieldList(this.#exchange.headers, body),
      body: this.#sendable(body) as never,
      // Constant, or undici would read the client's Host and reconnect when that changes; the connector has the real name.
      servername: endpoint.name,
      // undici would close the connection behind every HEAD, and behind a body that a method does not announce.
      reset: false,
      // Only of use where requests are pipelined; it costs a round through undici's queue for each reply.
      blocking: false,
    }
    this.#connection.client.dispatch(options, this)
  }

  // ── undici's side ──

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#over) {
      controller.abort(new Error('given up before a connection was there'))
      return
    }
    const { progress } = this.#attempt
    const now = performance.now()
    progress.times.connectedAt = now
    progress.reusedConnection = this.#connection.served++ > 0
    // A streamed request's head leaves with its first byte.
    if (this.#requestBody === null) progress.phase = 'sent-head'
    this.#timer.waiting(now)
  }

  onBodySent(): void {
    this.#attempt.progress.phase = 'sent-body'
    this.#timer.progress()
  }

  onResponseStart(controller: Controller, status: number, headers: Record<string, string | string[]>): void {
    if (this.#over) return
    try {
      if (status < 200) this.#interim(status, headers)
      else this.#head(status, headers)
    } catch (error) {
      this.#fail(asError(error))
      controller.abort(asError(error))
    }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    // undici's parser makes an empty chunk each time it is resumed: a reader that pauses for each chunk would keep it at that for ever.
    if (this.#over || chunk.byteLength === 0) return
    this.#timer.progress()
    // The parser's memory is undici's own and fresh for each read: handed on without a copy.
    this.#replyBody?.push(chunk)
  }

  onResponseEnd(_controller: Controller, trailers: Record<string, string | string[]>): void {
    if (this.#over) return
    // undici takes a reset for the end of a reply that is delimited by the end of its connection.
    const { socket } = this.#connection
    if (socket?.errored) return this.#fail(socket.errored)
    this.#over = true
    this.#timer.stop()
    this.#attempt.progress.times.lastByteAt = performance.now()
    for (const _ in trailers) {
      this.#trailers = readTrailers(trailers)
      break
    }
    this.#connection.release()
    this.#replyBody?.end()
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#fail(error)
  }

  // ── the reply body's side ──

  pause(): void {
    this.#paused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#paused = false
    // Never inside another request's callback: undici's parser is not re-entrant.
    queueMicrotask(() => {
      if (this.#paused || this.#over) return
      this.#timer.progress()
      this.#controller?.resume()
    })
  }

  cancel(reason: Error): void {
    this.#replyBody = null
    this.#fail(reason)
  }

  #head(status: number, headers: Record<string, string | string[]>): void {
    const { progress } = this.#attempt
    const fields = readReplyFields(headers, 0, this.#lenient)
    progress.phase = 'replying'
    const now = performance.now()
    progress.times.firstByteAt = now
    const bodyless = this.#exchange.method === 'HEAD' || status === 204 || status === 304
    let body: Body = emptyBody
    if (!bodyless && fields.length !== 0) {
      this.#replyBody = new StreamBody(this, fields.length)
      body = this.#replyBody
    }
    this.#timer.flowing(now)
    const mayTrail = !bodyless && fields.length === undefined
    this.#resolve({
      status,
      headers: fields.headers,
      body,
      trailers: mayTrail ? () => this.#trailers ?? emptyHeaders() : undefined,
      tunnel: undefined,
    })
  }

  #interim(status: number, headers: Record<string, string | string[]>): void {
    if (status < 102 || status > 199)
      throw new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: status ${status}`)
    this.#attempt.inform(status, readReplyFields(headers).headers)
  }

  /** Ends the attempt, once, whoever found that it is over. */
  #fail(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#timer.stop()
    const error = toEdgeError(reason, this.#attempt.progress)
    this.#requestBody?.destroy(error)
    if (this.#controller === null || this.#controller.aborted) void this.#connection.discard()
    else this.#controller.abort(error)
    void this.#connection.discard()
    this.#reject(error)
    this.#replyBody?.fail(error)
  }

  #sendable(body: Body): Uint8Array | RequestBody | null {
    if (body.kind === 'empty') return null
    if (body.kind === 'bytes') return body.bytes
    this.#requestBody = new RequestBody(body, () => {
      this.#attempt.progress.phase = 'sent-head'
    })
    return this.#requestBody
  }

  // ── the timer's side ──

  timedOut(error: EdgeError): void {
    this.#fail(error)
  }

  waitsForClient(): 'uploading' | 'not-reading' | null {
    if (this.#paused) return 'not-reading'
    return this.#requestBody?.waiting === true ? 'uploading' : null
  }
}

/** Fields as undici's flat list. The length of a value is undici's to write; a stream's known length is given as a field. */
function fieldList(headers: HeaderMap, body: Body): string[] {
  const list: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && name !== 'content-length') list.push(name, value as string)
  }
  if (body.kind === 'stream' && body.length !== undefined) list.push('content-length', String(body.length))
  return list
}
