import type { Duplex } from 'node:stream'
import { type Body, type BodySink, type BodySource, StreamBody } from './body.js'
import { asError, EdgeError } from './errors.js'

export interface ThroughOptions {
  /** What the transform's own error becomes. @default the error itself */
  readonly failure?: ((error: Error) => Error) | undefined
  /** Told after each chunk that went into the transform. @default nobody */
  readonly wrote?: (() => void) | undefined
}

/**
 * Pipes a body through a Node transform (zlib, a parser of yours), with back-pressure. A body that dies destroys the transform, so
 * that what was cut never gets a valid end (H-090); a reader that leaves destroys it and lets the body go.
 *
 * @param transform Or what makes it of the first chunk; without any chunk none is made, and the result is empty, too.
 * @example
 * ```ts
 * const shouting = new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) })
 * return { ...answer, body: through(answer.body, shouting) }
 * ```
 */
export function through(
  body: Body,
  transform: Duplex | ((first: Uint8Array) => Duplex),
  options: ThroughOptions = {},
): StreamBody {
  const source = new ThroughSource(body, transform, options)
  return source.result
}

class ThroughSource implements BodySource, BodySink {
  readonly result: StreamBody = new StreamBody(this, undefined)
  readonly #body: Body
  readonly #make: ((first: Uint8Array) => Duplex) | null
  readonly #options: ThroughOptions
  #transform: Duplex | null

  constructor(body: Body, transform: Duplex | ((first: Uint8Array) => Duplex), options: ThroughOptions) {
    this.#body = body
    this.#make = typeof transform === 'function' ? transform : null
    this.#transform = typeof transform === 'function' ? null : transform
    this.#options = options
  }

  // ── the result's side ──

  open(): void {
    if (this.#transform !== null) this.#listen(this.#transform)
    if (this.#body.kind === 'stream') return this.#body.attach(this)
    if (this.#body.kind === 'bytes') this.write(this.#body.bytes)
    this.end()
  }

  pause(): void {
    this.#transform?.pause()
  }

  resume(): void {
    this.#transform?.resume()
  }

  cancel(reason: Error): void {
    if (this.#body.kind === 'stream') this.#body.cancel(reason)
    this.#transform?.destroy()
  }

  // ── the body's side ──

  write(chunk: Uint8Array): boolean {
    if (this.#transform === null) {
      this.#transform = this.#make!(chunk)
      this.#listen(this.#transform)
    }
    const room = this.#transform.write(chunk)
    this.#options.wrote?.()
    return room
  }

  end(): void {
    if (this.#transform === null) this.result.end()
    else this.#transform.end()
  }

  fail(error: Error): void {
    this.#transform?.destroy()
    this.result.fail(error)
  }

  #listen(transform: Duplex): void {
    const broke = (error: Error): void => {
      if (this.#body.kind === 'stream') this.#body.cancel(error)
      this.result.fail(error)
    }
    transform.on('data', (chunk: Uint8Array) => this.result.push(chunk))
    transform.on('end', () => this.result.end())
    transform.on('drain', () => {
      if (this.#body.kind === 'stream') this.#body.resume()
    })
    transform.on('error', (error) => broke(this.#options.failure?.(asError(error)) ?? asError(error)))
    transform.on('close', () => {
      if (!transform.readableEnded) broke(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'transform closed before its end'))
    })
  }
}
