import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { type Body, type BodySource, bytesBody, emptyBody, StreamBody } from '../body.js'
import { release } from '../chunk-memory.js'
import { EdgeError } from '../errors.js'
import { bodyConsumed } from '../forwarding/consumed-body.js'
import { goOn, waitsForContinue } from './attach-continue.js'
import type { NodeRequest } from './codec.js'

/** The body of a request as Node delivers it. Nothing is read, and nobody listens, before somebody wants it. */
export function requestBody(req: IncomingMessage, length: number | undefined): Body {
  return bodyOf(req, req, length, isComplete)
}

const isComplete = (req: IncomingMessage): boolean => req.complete

/**
 * The same, of a request whose bytes come from somewhere else than from itself.
 *
 * @param isWhole Whether the end that came is that of the body: Node ends what breaks off, too.
 */
export function bodyOf<Q extends NodeRequest>(
  req: Q,
  flow: Readable,
  length: number | undefined,
  isWhole: (req: Q) => boolean,
): Body {
  if (length === 0) return emptyBody
  if (req.readableDidRead || req.readableEnded) return consumedBody(req)
  const source = new RequestSource(req, flow, isWhole as (req: NodeRequest) => boolean)
  const body = new StreamBody(source, length)
  source.body = body
  return body
}

class RequestSource implements BodySource {
  readonly #req: NodeRequest
  readonly #flow: Readable
  readonly #isWhole: (req: NodeRequest) => boolean
  readonly onDemand: boolean
  body: StreamBody | null = null
  #cancelled = false
  /** Whether nobody else has had a way to get at the chunks. */
  #alone = false

  constructor(req: NodeRequest, flow: Readable, isWhole: (req: NodeRequest) => boolean) {
    this.#req = req
    this.#flow = flow
    this.#isWhole = isWhole
    this.onDemand = waitsForContinue(req)
  }

  open(): void {
    const flow = this.#flow
    const body = this.body!
    if (flow.destroyed) return body.fail(gone())
    // Somebody may have read it between the request's arrival and now.
    if (this.#req.readableDidRead) return body.fail(bodyConsumed())
    if (this.onDemand) goOn(this.#req)
    this.#alone = flow === this.#req && isNodes(flow) && READS.every((event) => flow.listenerCount(event) === 0)
    flow.on('data', (chunk: Buffer | string) => {
      if (!this.#cancelled) body.push(typeof chunk === 'string' ? Buffer.from(chunk, flow.readableEncoding!) : chunk)
    })
    const cut = (): void => {
      if (!body.ended) body.fail(gone())
    }
    flow.on('end', () => (this.#isWhole(this.#req) ? body.end() : cut()))
    flow.on('error', cut)
    flow.on('close', cut)
    // One that listens once is gone again before its chunk is spent.
    if (this.#alone)
      flow.on('newListener', (event) => {
        if (READS.includes(event)) this.#alone = false
      })
  }

  pause(): void {
    this.#flow.pause()
  }

  resume(): void {
    this.#flow.resume()
  }

  /** Node's parser makes each chunk of an HTTP/1 request by itself, whole, and this is the only one who gets it, unless others listen. */
  spent(chunk: Uint8Array): void {
    if (this.#alone && isNodes(this.#flow) && chunk.byteLength === chunk.buffer.byteLength) release(chunk)
  }

  /** The rest is nobody's; the reply writer decides how much of it is still read. */
  cancel(): void {
    this.#cancelled = true
    this.#flow.pause()
  }
}

/** Who listens to these gets chunks, and may keep them. */
const READS: readonly (string | symbol)[] = ['data', 'readable']

/** Whether a stream is as Node made it: tools that watch for errors put functions of their own in these places, and keep what passes. */
function isNodes(flow: Readable): boolean {
  const { on, push, read } = Readable.prototype
  return flow.on === on && flow.push === push && flow.read === read && flow.emit === EventEmitter.prototype.emit
}

function gone(): EdgeError {
  return new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left before its request was complete')
}

/** A body that a parser has read: the bytes it kept, or one that fails for whoever wants to forward it. */
function consumedBody(req: NodeRequest & { rawBody?: unknown }): Body {
  if (req.rawBody instanceof Uint8Array) return bytesBody(req.rawBody)
  const body = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
  body.fail(bodyConsumed())
  return body
}
