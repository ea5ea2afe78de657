import { malformed } from './reply-head.js'

/** What a chunked body turns out to hold. */
export interface ChunkedListener {
  data(chunk: Buffer): void
  /** The trailer section, each line with its CRLF. */
  trailers(text: string): void
}

const CR = 0x0d
const LF = 0x0a
const QUOTE = 0x22
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
/** Digits of a size: enough for 4 PiB, and few enough for a number to hold. */
const MAX_DIGITS = 13
/** Bytes of all chunk extensions of a message, which nobody uses but who means to keep a parser busy. */
const MAX_EXTENSIONS = 16 * 1024

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'done'

/**
 * Takes the chunked coding off a reply (RFC 9112 §7.1), a piece of it at a time. As strict as it can be: no space around a size, no bare
 * CR or LF, nothing between a chunk and its CRLF; where a lenient reader and a strict one differ, a reply can be smuggled.
 */
export class ChunkedReader {
  readonly #listener: ChunkedListener
  readonly #maxTrailerBytes: number
  #state: State = 'size'
  #size = 0
  #digits = 0
  #extensions = 0
  #quote: '' | 'open' | 'escape' = ''
  #trailers = ''

  constructor(listener: ChunkedListener, maxTrailerBytes: number) {
    this.#listener = listener
    this.#maxTrailerBytes = maxTrailerBytes
  }

  /**
   * Reads on; gives where it stopped, which is in front of `to` only behind the last byte of the body.
   *
   * @throws {@link EdgeError} `ERR_EDGE_BAD_REPLY`.
   */
  read(bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && this.#state !== 'done') {
      if (this.#state === 'data') at = this.#data(bytes, at, to)
      else if (this.#state === 'trailers') at = this.#trailer(bytes, at, to)
      else this.#frame(bytes[at++]!)
    }
    return at
  }

  #frame(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte)
      case 'extension':
        return this.#extensionByte(byte)
      case 'size-lf':
        if (byte !== LF) throw malformed('a chunk size that ends in a bare CR')
        this.#state = this.#size === 0 ? 'trailers' : 'data'
        return
      case 'data-cr':
        if (byte !== CR) throw malformed('bytes behind a chunk')
        this.#state = 'data-lf'
        return
      default:
        if (byte !== LF) throw malformed('a bare CR behind a chunk')
        this.#state = 'size'
        this.#size = 0
        this.#digits = 0
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      if (++this.#digits > MAX_DIGITS) throw malformed('a chunk size without end')
      this.#size = this.#size * 16 + digit
    } else if (this.#digits === 0) throw malformed('no chunk size')
    else if (byte === CR) this.#state = 'size-lf'
    else if (byte === SEMICOLON) this.#state = 'extension'
    else throw malformed('a chunk size that is not a number')
  }

  #extensionByte(byte: number): void {
    if (byte === CR) {
      // A reader that knows of quotes and one that does not would part here.
      if (this.#quote !== '') throw malformed('a quoted chunk extension without end')
      this.#state = 'size-lf'
      return
    }
    if (byte < 0x20 && byte !== 0x09) throw malformed('a control character in a chunk extension')
    if (++this.#extensions > MAX_EXTENSIONS) throw malformed('chunk extensions without end')
    if (this.#quote === 'escape') this.#quote = 'open'
    else if (byte === QUOTE) this.#quote = this.#quote === '' ? 'open' : ''
    else if (byte === BACKSLASH && this.#quote === 'open') this.#quote = 'escape'
  }

  #data(bytes: Buffer, at: number, to: number): number {
    const end = Math.min(to, at + this.#size)
    this.#size -= end - at
    if (this.#size === 0) this.#state = 'data-cr'
    this.#listener.data(bytes.subarray(at, end))
    return end
  }

  #trailer(bytes: Buffer, at: number, to: number): number {
    const before = this.#trailers.length
    // With the CRLF that ends it.
    const most = this.#maxTrailerBytes + 2
    const text = this.#trailers + bytes.toString('latin1', at, Math.min(to, at + most - before))
    const end = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n') + 2
    if (end === 1) {
      if (text.length === most) throw malformed('trailers without end')
      this.#trailers = text
      return to
    }
    this.#state = 'done'
    this.#listener.trailers(text.slice(0, end))
    return at + end + 2 - before
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
