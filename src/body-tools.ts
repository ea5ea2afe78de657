import { Readable } from 'node:stream'
import { type Body, type BodySource, bytesBody, emptyBody, StreamBody } from './body.js'
import { EdgeError, type EdgeErrorCode } from './errors.js'

const CANCELLED = 'the reader of this body has gone'

/**
 * A Node `Readable` of a body, for what needs one (zlib, a parser, a framework). Destroying it cancels the body.
 *
 * @example
 * ```ts
 * const text = await new Response(readable(exchange.body)).text()
 * ```
 */
export function readable(body: Body): Readable {
  if (body.kind !== 'stream') return Readable.from(body.kind === 'empty' ? [] : [body.bytes], { objectMode: false })
  const stream = new Readable({
    read: () => body.resume(),
    destroy: (error, done) => {
      body.cancel(error ?? new EdgeError('ERR_EDGE_CLIENT_CLOSED', CANCELLED))
      done(error)
    },
  })
  body.attach({
    write: (chunk) => stream.push(chunk),
    end: () => stream.push(null),
    fail: (error) => stream.destroy(error),
  })
  return stream
}

/**
 * Makes a stream body of a Node `Readable`. `length`, where known, becomes Content-Length.
 *
 * @example
 * ```ts
 * const report: Handler = async () => reply(200, fromReadable(createReadStream('report.csv')), { 'content-type': 'text/csv' })
 * ```
 */
export function fromReadable(stream: Readable, length?: number): StreamBody {
  const body = new StreamBody(
    { pause: () => stream.pause(), resume: () => stream.resume(), cancel: (reason) => stream.destroy(reason) },
    length,
  )
  // What is over already has no event to come.
  if (stream.destroyed || stream.readableEnded)
    body.fail(stream.errored ?? new EdgeError('ERR_EDGE_BODY_USED', 'this stream has been read or destroyed already'))
  stream.on('error', (error) => body.fail(error))
  stream.on('end', () => body.end())
  stream.on('close', () => body.fail(new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'stream closed before its end')))
  stream.on('data', (chunk: Uint8Array | string) => body.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk))
  return body
}

/**
 * All of a body, up to `limit` bytes.
 *
 * @param whose Decides the error past the limit: 413 for a request, 502 for a reply.
 * @throws {@link EdgeError} `ERR_EDGE_BODY_TOO_LARGE` or `ERR_EDGE_REPLY_TOO_LARGE` past the limit; what the source failed with.
 * @example
 * ```ts
 * const hook: Handler = async (exchange) => {
 *   const event = JSON.parse(new TextDecoder().decode(await bytes(exchange.body, 65_536)))
 *   return reply(202, `got ${event.id}`)
 * }
 * ```
 */
export async function bytes(body: Body, limit: number, whose: 'request' | 'reply' = 'request'): Promise<Uint8Array> {
  const code: EdgeErrorCode = whose === 'request' ? 'ERR_EDGE_BODY_TOO_LARGE' : 'ERR_EDGE_REPLY_TOO_LARGE'
  const tooLarge = (): EdgeError => new EdgeError(code, `body longer than ${limit} bytes`)
  if (body.kind !== 'stream') {
    if (body.length > limit) throw tooLarge()
    return body.kind === 'empty' ? new Uint8Array(0) : body.bytes
  }
  if (body.length !== undefined && body.length > limit) {
    body.cancel(tooLarge())
    throw tooLarge()
  }
  const chunks: Uint8Array[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    body.attach({
      write: (chunk) => {
        size += chunk.byteLength
        if (size > limit) {
          body.cancel(tooLarge())
          reject(tooLarge())
          return false
        }
        chunks.push(chunk)
        return true
      },
      end: () => resolve(Buffer.concat(chunks, size)),
      fail: reject,
    })
  })
}

/**
 * A second reader that is dropped, not waited for: the first result flows at its reader's pace; the second lags at most
 * `limit` bytes behind and fails past that. For mirrors and cache stores. Bytes and empty bodies are simply shared.
 *
 * @example
 * ```ts
 * const archiving: Filter = async (exchange, next) => {
 *   const answer = await next(exchange)
 *   const [main, side] = tee(answer.body, { limit: 1_048_576 })
 *   bytes(side, 1_048_576).then(archive, () => {}) // too long, or too far behind
 *   return { ...answer, body: main }
 * }
 * ```
 */
export function tee(body: Body, options: { readonly limit: number }): [main: Body, side: Body] {
  if (body.kind !== 'stream') return [body, body]
  const lagging = new LaggingSource(options.limit)
  const main = new StreamBody(pass(body), body.length)
  const side = new StreamBody(lagging, body.length)
  lagging.body = side
  body.attach({
    write: (chunk) => {
      lagging.push(chunk)
      return main.push(chunk)
    },
    end: () => {
      lagging.end()
      main.end()
    },
    fail: (error) => {
      side.fail(error)
      main.fail(error)
    },
  })
  main.onClose((error) => {
    if (error !== null) side.fail(error)
  })
  return [main, side]
}

/**
 * Reads a stream body to its end if it fits `limit` bytes, and is then a value that can be sent again (retry, hedge).
 * A longer one comes back as a stream that starts with what was read: sent once, not replayable.
 *
 * @example
 * ```ts
 * const again: Filter = async (exchange, next) => {
 *   const sent = exchange.with({ body: await recorded(exchange.body, 65_536) })
 *   const answer = await next(sent)
 *   if (answer.status !== 503 || sent.body.kind === 'stream') return answer
 *   discard(answer)
 *   return next(sent)
 * }
 * ```
 */
export async function recorded(body: Body, limit: number): Promise<Body> {
  if (body.kind !== 'stream') return body
  if (body.length !== undefined && body.length > limit) return body
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    let rest: StreamBody | null = null
    body.attach({
      write: (chunk) => {
        if (rest !== null) return rest.push(chunk)
        chunks.push(chunk)
        size += chunk.byteLength
        if (size <= limit) return true
        rest = new StreamBody(pass(body), body.length)
        resolve(rest)
        let room = true
        for (const early of chunks.splice(0)) room = rest.push(early)
        return room
      },
      end: () => (rest === null ? resolve(bytesBody(Buffer.concat(chunks, size))) : rest.end()),
      fail: (error) => (rest === null ? reject(error) : rest.fail(error)),
    })
  })
}

/**
 * Makes a body of what a handler is likely to have at hand.
 *
 * @example
 * ```ts
 * const body = toBody(createReadStream('report.csv'))
 * ```
 */
export function toBody(value: Body | Readable | Uint8Array | string | null | undefined): Body {
  if (value === null || value === undefined) return emptyBody
  if (typeof value === 'string' || value instanceof Uint8Array) return bytesBody(value)
  return value instanceof Readable ? fromReadable(value) : value
}

/** The source of a body that is fed from another one. */
function pass(body: StreamBody): BodySource {
  return { pause: () => {}, resume: () => body.resume(), cancel: (reason) => body.cancel(reason) }
}

/** Holds back what the side reader of a {@link tee} has no room for, and gives up on it past the limit. */
class LaggingSource implements BodySource {
  body: StreamBody | null = null
  readonly #limit: number
  #waiting: Uint8Array[] = []
  #size = 0
  #paused = false
  #ended = false

  constructor(limit: number) {
    this.#limit = limit
  }

  push(chunk: Uint8Array): void {
    if (!this.#paused) {
      this.body!.push(chunk)
      return
    }
    this.#size += chunk.byteLength
    if (this.#size > this.#limit) {
      this.#waiting = []
      this.body!.fail(new EdgeError('ERR_EDGE_REPLY_TOO_LARGE', `side reader more than ${this.#limit} bytes behind`))
    } else {
      this.#waiting.push(chunk)
    }
  }

  end(): void {
    this.#ended = true
    if (this.#waiting.length === 0) this.body!.end()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    while (this.#waiting.length > 0 && !this.#paused) {
      const chunk = this.#waiting.shift()!
      this.#size -= chunk.byteLength
      this.body!.push(chunk)
    }
    if (this.#ended && this.#waiting.length === 0) this.body!.end()
  }

  cancel(): void {
    this.#waiting = []
    this.#size = 0
  }
}
