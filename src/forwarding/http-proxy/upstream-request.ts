import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type Body, type BodySink, type BodySource, emptyBody, StreamBody } from '../../body.js'
import { asError, EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { readReplyFields } from '../../http/reply-fields.js'
import type { Reply } from '../../reply.js'
import { PhaseTimer, type TimedPhases } from '../phase-timer.js'
import { readTrailerList } from '../trailers.js'
import type { Attempt } from '../transport.js'
import { toEdgeError } from '../transport-errors.js'

/**
 * One request that http-proxy-3 made on Node's `ClientRequest`: sends the body, reads the reply, and ends exactly once.
 * Shared by the plain transport and by upgrades.
 */
export class UpstreamRequest implements BodySource, BodySink, TimedPhases {
  readonly exchange: Exchange
  readonly attempt: Attempt
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: EdgeError) => void
  readonly #timer = new PhaseTimer()
  #request: ClientRequest | null = null
  #response: IncomingMessage | null = null
  #replyBody: StreamBody | null = null
  #trailers: HeaderMap = emptyHeaders()
  #paused = false
  #uploading = false
  #over = false
  /** Made here, where it holds on to nothing else: an attempt keeps it for as long as its tunnel is open. */
  readonly #onAbort = (reason: Error): void => this.fail(reason)

  constructor(
    exchange: Exchange,
    attempt: Attempt,
    resolve: (reply: Reply) => void,
    reject: (error: EdgeError) => void,
  ) {
    this.exchange = exchange
    this.attempt = attempt
    this.#resolve = resolve
    this.#reject = reject
    this.#timer.lend(attempt.timeouts, this)
    attempt.progress.phase = 'connecting'
  }

  /** Takes over a request that http-proxy-3 has made, before its head has left. */
  take(request: ClientRequest): void {
    this.#request = request
    request.on('error', (error) => this.fail(error))
    request.on('close', () => {
      // With a reply, what it has buffered may still be on its way to the client.
      if (this.#response === null) this.fail(new Error('closed before a reply'))
    })
    request.on('socket', (socket) => this.#connecting(socket))
    request.on('information', ({ statusCode, rawHeaders }) => this.#guard(() => this.#interim(statusCode, rawHeaders)))
    request.on('response', (response) => this.#guard(() => this.#head(response)))
    this.attempt.onAbort(this.#onAbort)
  }

  /** Sends the body, once the connection is there: until then it is untouched and can still go elsewhere. */
  send(body: Body): void {
    const request = this.#request!
    if (body.kind === 'empty') request.end()
    else if (body.kind === 'bytes') request.end(body.bytes)
    else request.once('socket', (socket) => whenConnected(socket, () => this.#upload(request, body)))
  }

  /** Lets a tunnel go its own way: the attempt is over, and the request, which is large, is not kept for as long as the tunnel is open. */
  release(): void {
    this.#detach()
    this.#request = null
  }

  resolve(reply: Reply): void {
    this.#resolve(reply)
  }

  /** Ends the attempt, once, whoever found that it is over. */
  fail(reason: Error): void {
    if (this.#over) return
    this.#over = true
    this.#timer.close()
    const error = toEdgeError(reason, this.attempt.progress)
    this.#request?.destroy()
    this.#reject(error)
    this.#replyBody?.fail(error)
  }

  timedOut(error: EdgeError): void {
    this.fail(error)
  }

  waitsForClient(): 'uploading' | 'not-reading' | null {
    if (this.#paused) return 'not-reading'
    return this.#uploading && this.#request?.writableNeedDrain === false ? 'uploading' : null
  }

  // ── the reply body's source ──

  pause(): void {
    this.#paused = true
    this.#response?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#timer.progress()
    this.#response?.resume()
  }

  cancel(reason: Error): void {
    this.#replyBody = null
    this.fail(reason)
  }

  // ── the request body's sink ──

  write(chunk: Uint8Array): boolean {
    this.attempt.progress.phase = 'sent-body'
    this.#timer.progress()
    return this.#request!.write(chunk)
  }

  end(): void {
    this.#uploading = false
    this.#request!.end()
  }

  #detach(): void {
    this.#over = true
    this.#timer.close()
  }

  #upload(request: ClientRequest, body: StreamBody): void {
    if (this.#over) return
    this.attempt.progress.phase = 'sent-head'
    this.#uploading = true
    const onRoom = (): void => {
      this.#timer.progress()
      body.resume()
    }
    request.on('drain', onRoom)
    request.once('close', () => {
      request.off('drain', onRoom)
      if (!body.ended) body.cancel(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'request body no longer wanted'))
    })
    body.attach(this)
  }

  #connecting(socket: Socket): void {
    const { progress } = this.attempt
    progress.reusedConnection = this.#request!.reusedSocket
    if (isConnecting(socket)) this.#timer.connecting()
    whenConnected(socket, () => {
      if (this.#over) return
      progress.times.connectedAt = performance.now()
      if (this.exchange.body.kind !== 'stream') progress.phase = 'sent-head'
      this.#timer.waiting()
    })
  }

  #interim(status: number, rawHeaders: readonly string[]): void {
    this.attempt.inform(status, readReplyFields(rawHeaders).headers)
  }

  #head(response: IncomingMessage): void {
    const { progress } = this.attempt
    const status = response.statusCode ?? 0
    if (status < 200) throw new EdgeError('ERR_EDGE_BAD_REPLY', `upstream reply refused: status ${status}`)
    const fields = readReplyFields(response.rawHeaders)
    if (response.httpVersion !== '1.1' && response.headers['transfer-encoding'] !== undefined) {
      throw new EdgeError('ERR_EDGE_BAD_REPLY', 'upstream reply refused: transfer coding in HTTP/1.0')
    }
    progress.phase = 'replying'
    progress.times.firstByteAt = performance.now()
    this.#timer.flowing()
    this.#response = response
    const bodyless = this.exchange.method === 'HEAD' || status === 204 || status === 304
    const body = bodyless || fields.length === 0 ? emptyBody : new StreamBody(this, fields.length)
    if (body.kind === 'stream') this.#replyBody = body
    this.#relay(response)
    this.#resolve({
      status,
      headers: fields.headers,
      body,
      trailers: bodyless ? undefined : () => this.#trailers,
      tunnel: undefined,
    })
  }

  #relay(response: IncomingMessage): void {
    response.on('data', (chunk: Buffer) => {
      this.#timer.progress()
      this.#replyBody?.push(chunk)
    })
    response.on('error', (error) => this.fail(error))
    response.on('end', () => {
      if (this.#over) return
      // A reply that is delimited by the end of its connection looks complete after a reset, too.
      const failure = response.complete ? response.socket?.errored : new Error('reply cut short')
      if (failure) return this.fail(failure)
      this.#detach()
      this.attempt.progress.times.lastByteAt = performance.now()
      this.#trailers = readTrailerList(response.rawTrailers)
      // A request that is still being sent would keep the connection from being used again, or worse, be taken for the next.
      if (!this.#request!.writableEnded) this.#request!.destroy()
      this.#replyBody?.end()
    })
    response.on('close', () => this.fail(new Error('reply cut short')))
  }

  /** Runs what reads the upstream's bytes: what it throws ends the attempt, not the process. */
  #guard(run: () => void): void {
    if (this.#over) return
    try {
      run()
    } catch (error) {
      this.fail(asError(error))
    }
  }
}

/** Not up yet; or never to be, as when its name could not be resolved. */
function isConnecting(socket: Socket & { secureConnecting?: boolean }): boolean {
  const failed = socket.destroyed && socket.bytesWritten === 0
  return failed || socket.connecting || socket.secureConnecting === true
}

function whenConnected(socket: Socket & { encrypted?: boolean }, then: () => void): void {
  if (!isConnecting(socket)) then()
  else socket.once(socket.encrypted === true ? 'secureConnect' : 'connect', then)
}
