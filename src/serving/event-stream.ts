import { type BodySink, type BodySource, StreamBody } from '../body.js'
import { EdgeError } from '../errors.js'
import { fieldValue } from '../http/header-map.js'
import type { NodeExchange } from '../node-exchange.js'
import type { Reply } from '../reply.js'
import type { Traffic } from '../traffic.js'

/** How long the event under way may take to come to its end. */
const EVENT_MS = 1_000
const TYPE = 'text/event-stream'
const LF = 0x0a
const CR = 0x0d

/**
 * Lets a gateway that closes end a stream of server-sent events, which has no end of its own: behind an event, so that its client, which
 * comes again by itself, misses none. Any other reply comes back as it is.
 */
export function endable(exchange: NodeExchange, reply: Reply, traffic: Traffic): Reply {
  const { body, headers } = reply
  if (body.kind !== 'stream' || fieldValue(headers, 'content-type')?.startsWith(TYPE) !== true) return reply
  const stream = new EventStream(body, headers['content-encoding'] === undefined)
  exchange.origin.endStream = () => stream.finish()
  if (traffic.draining) stream.finish()
  return { ...reply, body: stream.body }
}

/** Events on their way, which end behind one of them when they have to. */
class EventStream implements BodySource, BodySink {
  readonly body: StreamBody
  readonly #source: StreamBody
  /** Whether ends of events can be seen: in a coding they can't. */
  readonly #plain: boolean
  /** Ends of lines at the end of what has been passed on, two of which end an event; a CR with its LF is one. */
  #lines = 2
  #afterCr = false
  #finishing = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: StreamBody, plain: boolean) {
    this.#source = source
    this.#plain = plain
    this.body = new StreamBody(this, undefined)
  }

  /** Ends it behind the event under way. */
  finish(): void {
    if (this.#finishing) return
    this.#finishing = true
    if (!this.#plain || this.#lines >= 2) return this.#over()
    this.#timer = setTimeout(() => this.#over(), EVENT_MS).unref()
  }

  open(): void {
    if (!this.body.ended) this.#source.attach(this)
  }

  pause(): void {}

  resume(): void {
    this.#source.resume()
  }

  cancel(reason: Error): void {
    clearTimeout(this.#timer)
    this.#source.cancel(reason)
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#plain) return this.body.push(chunk)
    const end = this.#follow(chunk)
    const room = this.body.push(end === chunk.length ? chunk : chunk.subarray(0, end))
    if (this.#finishing && this.#lines >= 2) this.#over()
    return room
  }

  end(): void {
    clearTimeout(this.#timer)
    this.body.end()
  }

  fail(error: Error): void {
    clearTimeout(this.#timer)
    this.body.fail(error)
  }

  #over(): void {
    clearTimeout(this.#timer)
    this.body.end()
    this.#source.cancel(new EdgeError('ERR_EDGE_CLOSING', 'the gateway is closing'))
  }

  /** Reads a chunk up to its end or, when finishing, to that of the event under way; returns how far. */
  #follow(chunk: Uint8Array): number {
    // While it flows only the last bytes of a chunk tell.
    const from = this.#finishing ? 0 : Math.max(0, chunk.length - 4)
    if (from > 0) {
      this.#lines = 0
      this.#afterCr = false
    }
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte !== LF && byte !== CR) this.#lines = 0
      else if (byte === CR || !this.#afterCr) this.#lines++
      this.#afterCr = byte === CR
      if (this.#finishing && this.#lines >= 2 && !(byte === CR && chunk[at + 1] === LF)) return at + 1
    }
    return chunk.length
  }
}
