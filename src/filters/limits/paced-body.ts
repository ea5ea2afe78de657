import { type BodySink, type BodySource, type BytesBody, StreamBody } from '../../body.js'
import type { RateClock } from './rate-watch.js'
import type { TokenBucket } from './token-bucket.js'

/** A body that flows no faster than a bucket fills. Its source is held back: what waits here is one chunk, or what came with it. */
export class PacedBody implements BodySource, BodySink {
  readonly body: StreamBody
  readonly #source: StreamBody | BytesBody
  readonly #bucket: TokenBucket
  readonly #quantum: number
  readonly #clock: RateClock
  #waiting: Uint8Array[] = []
  /** Bytes reserved for what goes next. */
  #granted = 0
  /** When they are there. */
  #dueAt = 0
  #timer: unknown = null
  #full = false
  #ended = false
  #busy = false

  /** @param quantum Most bytes that are asked of the bucket at once. */
  constructor(source: StreamBody | BytesBody, bucket: TokenBucket, quantum: number, clock: RateClock) {
    this.#source = source
    this.#bucket = bucket
    this.#quantum = quantum
    this.#clock = clock
    this.body = new StreamBody(this, source.length)
  }

  // ── where its bytes come from ──

  write(chunk: Uint8Array): boolean {
    this.#waiting.push(chunk)
    this.#flow()
    return this.#waiting.length === 0
  }

  end(): void {
    this.#ended = true
    if (this.#waiting.length === 0) this.body.end()
  }

  fail(error: Error): void {
    this.#drop()
    this.body.fail(error)
  }

  // ── where they go ──

  open(): void {
    if (this.#source.kind === 'stream') return this.#source.attach(this)
    this.write(this.#source.bytes)
    this.end()
  }

  pause(): void {
    this.#full = true
  }

  resume(): void {
    this.#full = false
    this.#flow()
  }

  cancel(reason: Error): void {
    this.#drop()
    if (this.#source.kind === 'stream') this.#source.cancel(reason)
  }

  #flow(): void {
    // A reader that makes room at once calls back in the middle.
    if (this.#busy) return
    this.#busy = true
    while (!this.#full && this.#waiting.length > 0 && this.#mayGo()) this.#passOn()
    this.#busy = false
    if (this.#waiting.length > 0) return
    if (this.#ended) this.body.end()
    else if (this.#source.kind === 'stream') this.#source.resume()
  }

  /** Whether the next bytes may go; if not, they are reserved, and the timer goes on with them. */
  #mayGo(): boolean {
    if (this.#timer !== null) return false
    if (this.#granted > 0) return true
    const wanted = Math.min(this.#quantum, this.#waiting[0]!.byteLength)
    const now = this.#clock.now()
    const wait = this.#bucket.reserve(wanted, now)
    this.#granted = wanted
    this.#dueAt = now + wait
    if (wait === 0) return true
    this.#wait(this.#dueAt)
    return false
  }

  #wait(until: number): void {
    // A timer may be a moment early, by the clock that counts here.
    this.#timer = this.#clock.timers.setTimeout(
      () => {
        this.#timer = null
        if (this.#clock.now() < until) this.#wait(until)
        else this.#flow()
      },
      Math.max(1, Math.ceil(until - this.#clock.now())),
    )
  }

  #passOn(): void {
    const chunk = this.#waiting[0]!
    const part = chunk.byteLength <= this.#granted ? chunk : chunk.subarray(0, this.#granted)
    if (part === chunk) this.#waiting.shift()
    else this.#waiting[0] = chunk.subarray(part.byteLength)
    this.#granted = 0
    this.#bucket.use(part.byteLength, this.#clock.now())
    this.body.push(part)
  }

  #drop(): void {
    this.#waiting = []
    this.#bucket.giveBack(this.#granted, this.#dueAt, this.#clock.now())
    this.#granted = 0
    if (this.#timer !== null) this.#clock.timers.clearTimeout(this.#timer)
    this.#timer = null
  }
}
