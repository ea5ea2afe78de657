import { maxHeaderSize } from 'node:http'
import { ChunkedReader } from './chunked.js'
import { malformed, type ReplyHead, readFieldLines, readReplyHead } from './reply-head.js'

/** How long a body is (RFC 9112 §6.3): so many bytes, as its chunks say, or to the end of its connection. */
export type Framing = number | 'chunked' | 'close'

/** What a reply turns out to be, in the order in which it comes. */
export interface ReplyListener {
  interim(head: ReplyHead): void
  /** Tells how its body is framed. */
  head(head: ReplyHead): Framing
  /** A view of what was read: to be copied by who keeps it. */
  data(chunk: Buffer): void
  /** The last byte was there. @param trailers Names and values in turn. */
  complete(trailers: readonly string[]): void
}

const CR = 0x0d
const START = 'HTTP/1.'
const NO_TRAILERS: readonly string[] = []
/** Of a head, and of a trailer section: what Node allows a client's. */
const MAX_HEAD = maxHeaderSize

type State = 'idle' | 'head' | 'length' | 'chunked' | 'close'

/** Makes a reply, with the interim ones in front of it, of the bytes that come over a connection. */
export class ReplyReader {
  readonly #listener: ReplyListener
  #state: State = 'idle'
  #head = ''
  #left = 0
  #chunked: ChunkedReader | null = null

  constructor(listener: ReplyListener) {
    this.#listener = listener
  }

  /** Whether a body is being read. */
  get inBody(): boolean {
    return this.#state !== 'idle' && this.#state !== 'head'
  }

  /** A request is on its way: a reply may come. */
  expect(): void {
    this.#state = 'head'
    this.#head = ''
  }

  /** What comes from here on is nobody's. */
  stop(): void {
    this.#state = 'idle'
    this.#chunked = null
  }

  /**
   * Reads on; gives how many of the bytes belong to the reply.
   *
   * @throws {@link EdgeError} `ERR_EDGE_BAD_REPLY`.
   */
  read(bytes: Buffer, length: number): number {
    let at = 0
    while (at < length) {
      if (this.#state === 'head') at = this.#readHead(bytes, at, length)
      else if (this.#state === 'length') at = this.#readLength(bytes, at, length)
      else if (this.#state === 'chunked') at = this.#readChunked(bytes, at, length)
      else if (this.#state === 'close') {
        this.#listener.data(bytes.subarray(at, length))
        return length
      } else return at
    }
    return at
  }

  /** The connection has ended; whether that makes the reply whole. */
  finish(): boolean {
    if (this.#state !== 'close') return false
    this.#complete(NO_TRAILERS)
    return true
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#head.length
    const text = this.#head + bytes.toString('latin1', at, Math.min(length, at + MAX_HEAD - before))
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3))
    // Something else than HTTP may never come to an empty line.
    if (before < START.length && !START.startsWith(text.slice(0, START.length))) throw malformed('not HTTP/1')
    if (end === -1) {
      // A bare LF (or CR) is refused now: with none but these, an empty line would not come. What was there has been looked at before.
      const from = text.charCodeAt(before - 1) === CR ? before - 1 : before
      if (/\n(?<!\r\n)|\r(?=[^\n])/.test(text.slice(from))) throw malformed('a bare CR or LF')
      if (text.length === MAX_HEAD) throw malformed(`a head of more than ${MAX_HEAD} bytes`)
      this.#head = text
      return length
    }
    this.#head = ''
    const head = readReplyHead(text.slice(0, end + 2))
    if (head.status === 101) throw malformed('status 101')
    if (head.status < 200) this.#listener.interim(head)
    else this.#begin(this.#listener.head(head))
    return at + end + 4 - before
  }

  #begin(framing: Framing): void {
    // The listener may have given up meanwhile.
    if (this.#state !== 'head') return
    if (framing === 0) this.#complete(NO_TRAILERS)
    else if (framing === 'close') this.#state = 'close'
    else if (framing === 'chunked') {
      this.#state = 'chunked'
      this.#chunked = new ChunkedReader(
        {
          data: (chunk) => this.#listener.data(chunk),
          trailers: (text) => this.#complete(text === '' ? NO_TRAILERS : readFieldLines(text)),
        },
        MAX_HEAD,
      )
    } else {
      this.#state = 'length'
      this.#left = framing
    }
  }

  #readLength(bytes: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#left)
    this.#left -= end - at
    this.#listener.data(bytes.subarray(at, end))
    if (this.#left === 0 && this.#state === 'length') this.#complete(NO_TRAILERS)
    return end
  }

  #readChunked(bytes: Buffer, at: number, length: number): number {
    return this.#chunked!.read(bytes, at, length)
  }

  #complete(trailers: readonly string[]): void {
    this.stop()
    this.#listener.complete(trailers)
  }
}
