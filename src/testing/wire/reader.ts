import { WireError } from './error.js'
import { CR, checkLineEnds, type Head, LF, readField, readHead, valuesOf } from './head.js'
import type { WireMessage } from './message.js'

export interface MessageReaderOptions<M extends WireMessage> {
  /** Understands a head; throws a {@link WireError} if it is none. */
  readonly create: (head: Head) => M
  readonly onHead?: (message: M) => void
  readonly onEnd?: (message: M) => void
  /** Messages to read; what follows is `leftover`. @default Infinity */
  readonly limit?: number | undefined
  /** Body bytes to remember per message. @default Infinity */
  readonly keep?: number | undefined
  /** What line ends in front of a start line are: a server passes over them (RFC 9112 §2.2). @default 'refuse' */
  readonly emptyLines?: 'refuse' | 'skip' | undefined
  /** Trailers that frame or route, which a server drops (RFC 9110 §6.5.1). @default 'refuse' */
  readonly badTrailers?: 'refuse' | 'keep' | undefined
  /** Chunk extensions: as RFC 9112 §7.1.1 has them, or whatever stands there. @default 'strict' */
  readonly extensions?: 'strict' | 'any' | undefined
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'rest' | 'stopped'

const CHUNK_LINE =
  /^([0-9A-Fa-f]{1,13})(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/
const LOOSE_CHUNK_LINE = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const LINE_LIMIT = 1 << 17
const NEVER_IN_TRAILERS = ['content-length', 'transfer-encoding', 'host']

/** Cuts a byte stream into HTTP/1.1 messages as it arrives, mending nothing: the first fault sets `error` and stops it. */
export class MessageReader<M extends WireMessage> {
  readonly messages: M[] = []
  error: WireError | undefined
  #options: MessageReaderOptions<M>
  #state: State = 'head'
  #pending: Buffer = Buffer.alloc(0)
  #remaining = 0

  constructor(options: MessageReaderOptions<M>) {
    this.#options = options
    if (options.limit === 0) this.#state = 'stopped'
  }

  /** Bytes that belong to no message: an unfinished head, what follows the last wanted message, or what was refused. */
  get leftover(): Buffer {
    return this.#state === 'head' || this.#state === 'stopped' ? this.#pending : Buffer.alloc(0)
  }

  /** Whether the bytes so far end between two messages. */
  get between(): boolean {
    return this.#state === 'stopped' || (this.#state === 'head' && this.#pending.length === 0)
  }

  push(chunk: Buffer): void {
    if (this.error !== undefined) return
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    try {
      while (this.#step()) {}
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.error = error
      this.#state = 'stopped'
    }
  }

  /** Tells that the peer closed: completes a body that only the end of the connection delimits. */
  closed(): void {
    const message = this.messages.at(-1)
    if (this.#state === 'rest' && message && !message.complete) this.#finish(message)
  }

  /** Takes one bite off `pending`; false once more bytes are needed. */
  #step(): boolean {
    const message = this.messages.at(-1)
    switch (this.#state) {
      case 'head':
        return this.#head()
      case 'length':
        return this.#data(message!) && this.#finish(message!)
      case 'rest':
        message!.append(this.#take(this.#pending.length), this.#keep)
        return false
      case 'chunk-size':
        return this.#chunkSize()
      case 'chunk-data':
        return this.#data(message!) && this.#go('chunk-end')
      case 'chunk-end':
        return this.#line('chunk data not followed by CRLF', /^$/) !== undefined && this.#go('chunk-size')
      case 'trailers':
        return this.#trailers(message!)
      case 'stopped':
        return false
    }
  }

  get #keep(): number {
    return this.#options.keep ?? Infinity
  }

  #go(state: State): true {
    this.#state = state
    return true
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count)
    this.#pending = this.#pending.subarray(count)
    return taken
  }

  #head(): boolean {
    if (this.#options.emptyLines === 'skip') while (this.#pending[0] === CR || this.#pending[0] === LF) this.#take(1)
    if (this.#pending.length === 0) return false
    const head = readHead(this.#pending)
    if (head === undefined) return false
    const message = this.#options.create(head)
    this.#take(head.bytes.length)
    this.messages.push(message)
    this.#options.onHead?.(message)
    const { framing } = message
    if (framing.kind === 'chunked') return this.#go('chunk-size')
    if (framing.kind === 'close') return this.#go('rest')
    if (framing.kind === 'length' && framing.length > 0) {
      this.#remaining = framing.length
      return this.#go('length')
    }
    this.#finish(message)
    return framing.kind === 'tunnel' ? this.#go('rest') : true
  }

  /** True once the counted bytes are all there. */
  #data(message: M): boolean {
    const piece = this.#take(Math.min(this.#remaining, this.#pending.length))
    this.#remaining -= piece.length
    message.append(piece, this.#keep)
    return this.#remaining === 0
  }

  #chunkSize(): boolean {
    const form = this.#options.extensions === 'any' ? LOOSE_CHUNK_LINE : CHUNK_LINE
    const line = this.#line('bad chunk size line', form)
    if (line === undefined) return false
    this.#remaining = Number.parseInt(line, 16)
    return this.#go(this.#remaining === 0 ? 'trailers' : 'chunk-data')
  }

  #trailers(message: M): boolean {
    for (;;) {
      const before = this.#pending
      const line = this.#line('bad trailer', /^/)
      if (line === undefined) return false
      if (line === '') return this.#finish(message)
      const field = readField(line, before)
      message.trailers = [...message.trailers, field]
      const forbidden = NEVER_IN_TRAILERS.find((name) => valuesOf([field], name).length > 0)
      if (forbidden && this.#options.badTrailers !== 'keep') throw new WireError(`${forbidden} in the trailers`, before)
    }
  }

  /** Takes a line of the given form; undefined while it is unfinished. */
  #line(problem: string, form: RegExp): string | undefined {
    const end = this.#pending.indexOf('\r\n')
    const line = this.#pending.subarray(0, end === -1 ? undefined : end)
    checkLineEnds(line, end !== -1)
    const text = line.toString('latin1')
    if (end === -1) {
      // An unfinished line must at least be able to become a good one: nothing but CRLF may follow a chunk's data.
      if (form.source === '^$' && text !== '' && text !== '\r') throw new WireError(problem, this.#pending)
      if (line.length > LINE_LIMIT) throw new WireError(`line longer than ${LINE_LIMIT} bytes`, this.#pending)
      return undefined
    }
    if (!form.test(text)) throw new WireError(problem, this.#pending)
    this.#take(end + 2)
    return text
  }

  #finish(message: M): true {
    message.complete = true
    this.#state = this.messages.length >= (this.#options.limit ?? Infinity) ? 'stopped' : 'head'
    this.#options.onEnd?.(message)
    return true
  }
}
