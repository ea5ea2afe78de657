import { EdgeError } from './errors.js'

/** What a message carries: nothing, bytes that can be read any number of times, or a stream that has one reader. */
export type Body = EmptyBody | BytesBody | StreamBody

/** No bytes at all. */
export interface EmptyBody {
  readonly kind: 'empty'
  readonly length: 0
  readonly untouched: true
}

/** Bytes that are here: they can be read any number of times. */
export interface BytesBody {
  readonly kind: 'bytes'
  readonly length: number
  readonly untouched: true
  /** Never to be changed: other readers see the same memory (H-183). */
  readonly bytes: Uint8Array
}

/** Where a stream's bytes come from. */
export interface BodySource {
  /** Opening it asks the other side for the bytes (`Expect: 100-continue`), which only a reader may do. */
  readonly onDemand?: boolean
  /** Starts to flow; called once, before anything is read. */
  open?(): void
  pause(): void
  resume(): void
  /** Nobody wants the rest: let go of the connection behind it. */
  cancel(reason: Error): void
  /** The reader is done with a chunk and keeps nothing of it: its memory can be given back at once. */
  spent?(chunk: Uint8Array): void
}

/** Where a stream's bytes go. */
export interface BodySink {
  /** Returns false when the sink is full; it calls {@link StreamBody.resume} when it has room again. */
  write(chunk: Uint8Array): boolean
  end(): void
  fail(error: Error): void
}

/** Chunks that arrive before a sink is there are held up to this many bytes; then the source is paused. */
export const EARLY_LIMIT: number = 64 * 1024

/** The body of a message that has none. */
export const emptyBody: EmptyBody = Object.freeze({ kind: 'empty', length: 0, untouched: true })

/** A body of bytes; none at all is {@link emptyBody}. */
export function bytesBody(bytes: Uint8Array | string): EmptyBody | BytesBody {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return buffer.byteLength === 0
    ? emptyBody
    : { kind: 'bytes', length: buffer.byteLength, untouched: true, bytes: buffer }
}

/**
 * A body that flows, with back-pressure, from one source to one sink.
 *
 * What arrives before a sink attaches is held (to 64 KiB), so that a small reply is whole by the time its head is written and
 * leaves in one write, without a `Readable` in between. Errors and cancellation cross it exactly once, in either direction.
 */
export class StreamBody {
  readonly kind = 'stream'
  /** Bytes to come in all, where the message says so. */
  readonly length: number | undefined
  /** Bytes that have come so far. */
  received = 0
  #source: BodySource
  #sink: BodySink | null = null
  #early: Uint8Array[] | null = null
  #paused = false
  #opened = false
  #read = false
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: Error | null = null
  #delivered = false
  #onClose: ((error: Error | null) => void) | null = null

  constructor(source: BodySource, length: number | undefined) {
    this.#source = source
    this.length = length
  }

  /** Whether nothing has been read from it, so that it can still be sent from its first byte. */
  get untouched(): boolean {
    return !this.#read
  }

  /** Whether the last byte has come from the source. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  get failure(): Error | null {
    return this.#error
  }

  // ── source side ──

  /** Hands on one chunk; false when the source should wait for `resume`. Chunks are taken while paused, too. */
  push(chunk: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.received += chunk.byteLength
    if (this.#sink === null) {
      if (this.#early === null) this.#early = [chunk]
      else this.#early.push(chunk)
      this.#paused = this.received >= EARLY_LIMIT
    } else if (!this.#sink.write(chunk)) {
      // Until it asks for more: what it takes meanwhile, with a chunk that came in the same read, is no reason to go on.
      this.#paused = true
    }
    // A sink may have cancelled in the middle of its write.
    if (this.#paused && this.#state === 'open') this.#source.pause()
    return !this.#paused
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#closed(null)
    if (this.#sink !== null) this.#deliver()
  }

  /** The source died. After `end` this means nothing any more. */
  fail(error: Error): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#error = error
    this.#closed(error)
    if (this.#sink !== null) this.#deliver()
  }

  // ── reader side ──

  /**
   * Attaches the one reader.
   *
   * @throws {@link EdgeError} `ERR_EDGE_BODY_USED` if there was one before: at once, never a hang.
   */
  attach(sink: BodySink): void {
    this.#claim()
    this.#open()
    this.#sink = sink
    const early = this.#early
    this.#early = null
    let wait = false
    for (const chunk of early ?? []) {
      if (this.#delivered) return
      if (!sink.write(chunk)) wait = true
    }
    if (this.#state !== 'open') return this.#deliver()
    if (this.#paused && !wait) this.resume()
    else if (wait && !this.#paused) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** Lets the source begin, so that what is there already can be held for the reader; one that must be asked waits for the reader. */
  prime(): void {
    if (this.#source.onDemand !== true) this.#open()
  }

  #open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#source.open?.()
  }

  /**
   * Takes the whole body, if it has all come already: to its end, or to its stated length, which Node's parser hands on before it
   * tells of the end.
   *
   * @throws {@link EdgeError} `ERR_EDGE_BODY_USED` if there was a reader before.
   */
  takeWhole(): readonly Uint8Array[] | null {
    const whole = this.#state === 'ended' || (this.#state === 'open' && this.received === this.length)
    if (!whole || this.#sink !== null) return null
    this.#claim()
    this.#delivered = true
    const chunks = this.#early ?? []
    this.#early = null
    return chunks
  }

  /** The sink has room again. */
  resume(): void {
    if (!this.#paused || this.#state !== 'open') return
    this.#paused = false
    this.#source.resume()
  }

  /**
   * Says that a chunk has left for good and nobody holds it, as a sink may once a socket has taken all there was. Its memory then goes
   * back at once where the source can do that, and the chunk is empty.
   */
  spent(chunk: Uint8Array): void {
    this.#source.spent?.(chunk)
  }

  /** The reader gives up. The source lets go of what is behind it; later errors are of no interest. */
  cancel(reason: Error): void {
    this.#read = true
    this.#delivered = true
    this.#early = null
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#error = reason
    this.#source.cancel(reason)
    this.#closed(reason)
  }

  /** Calls back once, when the source has ended, failed, or been cancelled: the moment to give a lease back. */
  onClose(listener: (error: Error | null) => void): void {
    if (this.#state !== 'open') return listener(this.#error)
    const before = this.#onClose
    this.#onClose =
      before === null
        ? listener
        : (error) => {
            before(error)
            listener(error)
          }
  }

  #claim(): void {
    if (this.#read)
      throw new EdgeError(
        'ERR_EDGE_BODY_USED',
        'this body has a reader already; use tee() or recorded() for a second one',
      )
    this.#read = true
  }

  #deliver(): void {
    if (this.#delivered) return
    this.#delivered = true
    if (this.#error === null) this.#sink!.end()
    else this.#sink!.fail(this.#error)
  }

  #closed(error: Error | null): void {
    const listener = this.#onClose
    this.#onClose = null
    listener?.(error)
  }
}
