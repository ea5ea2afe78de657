import type { Socket } from 'node:net'
import type { BodySink, StreamBody } from '../../body.js'
import { EdgeError } from '../../errors.js'

/** Who is told how sending goes. */
export interface SendingListener {
  /** A chunk has been handed to the connection. */
  sent(): void
  /** The body did not come whole, or is not what its length said. */
  unsendable(error: Error): void
}

/** Writes a stream body behind its head, at the upstream's pace, as its length says or in chunks. */
export class RequestWriter implements BodySink {
  readonly #socket: Socket
  readonly #body: StreamBody
  readonly #listener: SendingListener
  /** Bytes still to come; `null` for chunks. */
  #left: number | null
  /** The chunk that the connection had no room for. */
  #last: Uint8Array | null = null
  #paused = false
  #begun = false
  #ended = false

  constructor(socket: Socket, body: StreamBody, listener: SendingListener) {
    this.#socket = socket
    this.#body = body
    this.#listener = listener
    this.#left = body.length ?? null
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether the client's next chunk is what everybody waits for. */
  get waiting(): boolean {
    return !this.#ended && !this.#paused
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || chunk.byteLength === 0) return true
    if (this.#left !== null) {
      if (chunk.byteLength > this.#left) return this.#giveUp('more than its length')
      this.#left -= chunk.byteLength
    }
    const goesOn = this.#left === null ? this.#writeChunk(chunk) : this.#socket.write(chunk)
    // What the kernel took at once has left.
    if (this.#socket.writableLength === 0) this.#body.spent(chunk)
    else if (!goesOn) this.#last = chunk
    if (!goesOn) this.#paused = true
    this.#listener.sent()
    return goesOn
  }

  end(): void {
    if (this.#ended) return
    if (this.#left !== null && this.#left > 0) {
      this.#giveUp('less than its length')
      return
    }
    this.#ended = true
    if (this.#left === null) this.#socket.write(this.#begun ? '\r\n0\r\n\r\n' : '0\r\n\r\n', 'latin1')
  }

  fail(error: Error): void {
    this.#ended = true
    this.#listener.unsendable(error)
  }

  /** The connection has taken all that was written. */
  drained(): void {
    const last = this.#last
    this.#last = null
    if (last !== null) this.#body.spent(last)
    if (!this.#paused) return
    this.#paused = false
    this.#body.resume()
  }

  /** Nobody wants the rest. */
  stop(reason: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#body.cancel(reason)
  }

  #writeChunk(chunk: Uint8Array): boolean {
    const socket = this.#socket
    socket.cork()
    socket.write(`${this.#begun ? '\r\n' : ''}${chunk.byteLength.toString(16)}\r\n`, 'latin1')
    this.#begun = true
    const goesOn = socket.write(chunk)
    socket.uncork()
    return goesOn
  }

  #giveUp(what: string): false {
    const error = new EdgeError('ERR_EDGE_BAD_VALUE', `a request body of ${what}`)
    this.stop(error)
    this.#listener.unsendable(error)
    return false
  }
}
