import type { Duplex } from 'node:stream'
import { FrameTracker } from '../http/websocket-frames.js'

const NOTHING = new Uint8Array(0)

/** One direction of a tunnel: passes bytes on at the pace of who takes them, and knows where frames begin and end. */
export class Flow {
  readonly frames: FrameTracker
  /** Bytes passed on. */
  bytes = 0
  /** Whether a close frame has been passed on: the sender's own, or ours. */
  told = false
  /** Whether nothing more is passed on: what comes is read and dropped, so that the end behind it is seen. */
  over = false
  readonly #from: Duplex
  readonly #to: Duplex
  /** Waits for the end of the frame under way. */
  #goodbye: Uint8Array | null = null

  /**
   * @param masked Whether frames of this direction are masked: those of a client are.
   * @param onData Told behind each chunk.
   */
  constructor(from: Duplex, to: Duplex, masked: boolean, onData: () => void) {
    this.#from = from
    this.#to = to
    this.frames = new FrameTracker(masked)
    from.on('data', (chunk: Buffer) => {
      this.take(chunk)
      onData()
    })
    to.on('drain', () => from.resume())
  }

  take(chunk: Uint8Array): void {
    if (this.over) return this.frames.read(chunk)
    if (this.#goodbye !== null) return this.#takeLast(this.#goodbye, chunk)
    this.frames.read(chunk)
    if (this.frames.closeCode !== null) this.told = true
    this.#pass(chunk)
  }

  /**
   * Puts a close frame behind the frame under way, and passes nothing on after it; ends what turns out to be no frames. Where a close
   * frame has gone by there must be no other (RFC 6455 §5.5.1).
   */
  close(goodbye: Uint8Array): void {
    if (this.over || this.#goodbye !== null) return
    this.#goodbye = goodbye
    this.#takeLast(goodbye, NOTHING)
  }

  /** Ends it by a FIN behind what has been passed on. */
  end(): void {
    this.stop()
    this.#to.end()
  }

  /** Passes nothing more on. */
  stop(): void {
    this.over = true
    this.#from.resume()
  }

  #takeLast(goodbye: Uint8Array, chunk: Uint8Array): void {
    const { frames } = this
    const own = frames.readToBoundary(chunk)
    if (own > 0) this.#pass(chunk.subarray(0, own))
    if (frames.closeCode !== null) this.told = true
    else if (!frames.sound) this.end()
    else if (frames.between) {
      this.told = true
      this.#to.write(goodbye)
      this.stop()
      frames.read(chunk.subarray(own))
    }
  }

  #pass(chunk: Uint8Array): void {
    this.bytes += chunk.length
    if (!this.#to.write(chunk)) this.#from.pause()
  }
}
