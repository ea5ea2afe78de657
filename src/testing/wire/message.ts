import type { Framing } from './framing.js'
import { type Head, type HeaderPair, valuesOf } from './head.js'

/** A parsed message; lives while its bytes still arrive, so `body` and `complete` may change between two looks. */
export class WireMessage {
  readonly version: string
  readonly headers: readonly HeaderPair[]
  readonly framing: Framing
  /** Fields after the last chunk. */
  trailers: readonly HeaderPair[] = []
  /** Whether the framing's end was seen. */
  complete = false
  /** Bytes of the body so far, remembered or not. */
  bodyLength = 0
  #parts: Buffer[] = []

  constructor(head: Head, version: string, framing: Framing) {
    this.version = version
    this.headers = head.headers
    this.framing = framing
  }

  /** The body without its framing. */
  get body(): Buffer {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]!
  }

  /** The field's value; several lines are joined by `, `; undefined if there is none. */
  header(name: string): string | undefined {
    const values = valuesOf(this.headers, name)
    return values.length === 0 ? undefined : values.join(', ')
  }

  /** Adds a piece of the body; what exceeds `keep` bytes is counted and forgotten. */
  append(piece: Buffer, keep: number): void {
    const room = Math.max(0, keep - this.bodyLength)
    this.bodyLength += piece.length
    if (room > 0 && piece.length > 0) this.#parts.push(piece.subarray(0, room))
  }
}
