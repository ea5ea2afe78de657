import type { IncomingMessage } from 'node:http'
import { type Body, type BodySource, bytesBody, emptyBody, StreamBody } from '../body.js'
import { EdgeError } from '../errors.js'
import { bodyConsumed } from '../forwarding/consumed-body.js'
import { waitsForContinue } from './attach-continue.js'

/** The body of a request as Node delivers it. Nothing is read, and nobody listens, before somebody wants it. */
export function requestBody(req: IncomingMessage, length: number | undefined): Body {
  if (length === 0) return emptyBody
  if (req.readableDidRead || req.readableEnded) return consumedBody(req)
  const source = new RequestSource(req)
  const body = new StreamBody(source, length)
  source.body = body
  return body
}

class RequestSource implements BodySource {
  readonly #req: IncomingMessage
  readonly onDemand: boolean
  body: StreamBody | null = null
  #cancelled = false

  constructor(req: IncomingMessage) {
    this.#req = req
    this.onDemand = waitsForContinue(req)
  }

  open(): void {
    const req = this.#req
    const body = this.body!
    if (req.destroyed) return body.fail(gone())
    // Somebody may have read it between the request's arrival and now.
    if (req.readableDidRead) return body.fail(bodyConsumed())
    req.on('data', (chunk: Buffer) => {
      if (!this.#cancelled) body.push(chunk)
    })
    const cut = (): void => {
      if (!body.ended) body.fail(gone())
    }
    req.on('end', () => (req.complete ? body.end() : cut()))
    req.on('error', cut)
    req.on('close', cut)
  }

  pause(): void {
    this.#req.pause()
  }

  resume(): void {
    this.#req.resume()
  }

  /** The rest is nobody's; the reply writer decides how much of it is still read. */
  cancel(): void {
    this.#cancelled = true
    this.#req.pause()
  }
}

function gone(): EdgeError {
  return new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left before its request was complete')
}

/** A body that a parser has read: the bytes it kept, or one that fails for whoever wants to forward it. */
function consumedBody(req: IncomingMessage & { rawBody?: unknown }): Body {
  if (req.rawBody instanceof Uint8Array) return bytesBody(req.rawBody)
  const body = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
  body.fail(bodyConsumed())
  return body
}
