import type { BodySink, StreamBody } from '../../body.js'

type Listener = (argument?: unknown) => void

/**
 * A stream body as undici wants to see it: the few members of a `Readable` that its HTTP/1 writer touches, without being one.
 * The client's own request is never given away: after an early reply undici would take its socket from it.
 *
 * The body is attached when undici asks for data, which is after it has a connection; until then it is untouched and can
 * still go to another endpoint.
 */
export class RequestBody implements BodySink {
  readonly #body: StreamBody
  readonly #onAttach: () => void
  #onData: ((chunk: Uint8Array) => void) | null = null
  #listeners: [name: string, listener: Listener][] = []
  #attached = false
  #paused = false
  destroyed = false
  readableEnded = false
  readonly errored: Error | null = null
  readonly closed = false

  constructor(body: StreamBody, onAttach: () => void) {
    this.#body = body
    this.#onAttach = onAttach
  }

  /** Whether undici waits for the client's next chunk. */
  get waiting(): boolean {
    return this.#attached && !this.#paused && !this.readableEnded
  }

  // ── what undici calls ──

  on(name: string, listener: Listener): this {
    if (name === 'data') this.#onData = listener as (chunk: unknown) => void
    else this.#listeners.push([name, listener])
    return this
  }

  removeListener(name: string, listener: Listener): this {
    if (name === 'data') this.#onData = null
    else this.#listeners = this.#listeners.filter(([known, each]) => known !== name || each !== listener)
    return this
  }

  off(name: string, listener: Listener): this {
    return this.removeListener(name, listener)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#attached) this.#body.resume()
    else if (this.#onData !== null) queueMicrotask(() => this.#attach())
  }

  /** Not within `resume`, as a Readable would not: undici puts listeners on its socket behind that, which only a later end takes off. */
  #attach(): void {
    if (this.#attached || this.destroyed) return
    this.#attached = true
    this.#onAttach()
    this.#body.attach(this)
  }

  destroy(error?: Error): void {
    if (this.destroyed) return
    this.destroyed = true
    if (this.#attached && !this.readableEnded) this.#body.cancel(error ?? new Error('request body no longer wanted'))
  }

  /** Makes undici take this for a stream; never called. */
  pipe(): never {
    throw new Error('not a Readable')
  }

  // ── what the body calls ──

  write(chunk: Uint8Array): boolean {
    this.#onData?.(chunk)
    return !this.#paused && !this.destroyed
  }

  end(): void {
    this.readableEnded = true
    this.#emit('end')
  }

  fail(error: Error): void {
    this.#emit('error', error)
  }

  #emit(name: string, argument?: unknown): void {
    for (const [known, listener] of [...this.#listeners]) if (known === name) listener.call(this, argument)
  }
}
