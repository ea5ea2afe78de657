import type { BodySink, BodySource } from 'edgewise'
import { StreamBody } from 'edgewise'

export interface FeedOptions {
  /** @default 16 KiB */
  readonly chunk?: number | undefined
  /** Fails with `error` once this many bytes have gone out. @default never */
  readonly failAt?: number | undefined
  /** Whether it lets the event loop turn between two chunks. @default false */
  readonly slow?: boolean | undefined
  /** Whether the body tells its length. @default true */
  readonly sized?: boolean | undefined
}

/** A source of known bytes that obeys, and counts what it is told. */
export class Feed implements BodySource {
  readonly body: StreamBody
  readonly error = new Error('the source died')
  readonly cancelled: Error[] = []
  opened = 0
  sent = 0
  readonly #content: Buffer
  readonly #options: FeedOptions
  #paused = false
  #running = false
  #over = false

  constructor(content: Buffer, options: FeedOptions = {}) {
    this.#content = content
    this.#options = options
    this.body = new StreamBody(this, options.sized === false ? undefined : content.length)
  }

  get paused(): boolean {
    return this.#paused
  }

  open(): void {
    this.opened++
    void this.#run()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    void this.#run()
  }

  cancel(reason: Error): void {
    this.cancelled.push(reason)
    this.#over = true
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const { chunk = 16_384, failAt = Infinity, slow = false } = this.#options
    while (!this.#paused && !this.#over) {
      const end = Math.min(this.sent + chunk, this.#content.length, failAt)
      const part = this.#content.subarray(this.sent, end)
      this.sent = end
      if (part.length > 0) this.body.push(part)
      if (this.#over) break
      if (end === failAt) this.#finish(() => this.body.fail(this.error))
      else if (end === this.#content.length) this.#finish(() => this.body.end())
      if (slow) await turn()
    }
    this.#running = false
  }

  #finish(tell: () => void): void {
    this.#over = true
    tell()
  }
}

/** A sink that keeps what it gets, and says when it is told that all is over. */
export class Basin implements BodySink {
  readonly chunks: Uint8Array[] = []
  readonly endings: (Error | 'end')[] = []
  readonly over: Promise<Error | 'end'>
  size = 0
  readonly #settle: (how: Error | 'end') => void
  readonly #room: (chunk: Uint8Array) => boolean

  /** @param room What `write` returns. */
  constructor(room: (chunk: Uint8Array) => boolean = () => true) {
    const { promise, resolve } = Promise.withResolvers<Error | 'end'>()
    this.over = promise
    this.#settle = resolve
    this.#room = room
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  write(chunk: Uint8Array): boolean {
    this.chunks.push(chunk)
    this.size += chunk.byteLength
    return this.#room(chunk)
  }

  end(): void {
    this.endings.push('end')
    this.#settle('end')
  }

  fail(error: Error): void {
    this.endings.push(error)
    this.#settle(error)
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
