import { type Body, StreamBody } from '../../body.js'

/** What came of collecting a body: its bytes in a copy of its own, too many of them, or no end. */
export type Collected = Uint8Array | 'too large' | 'broken'

/** Who waits for a copy besides the reader of what is copied. */
export interface Awaited {
  /** Whether anybody does. */
  readonly isAwaited: boolean
  /** Called when somebody begins to. */
  hurry: (() => void) | null
}

/**
 * Copies a body of at most `limit` bytes while it is passed on, at its reader's pace; where others wait for the copy, a slow reader
 * does not hold them up. Of a longer one nothing is kept.
 */
export function collect(
  body: Body,
  limit: number,
  done: (collected: Collected) => void,
  others: Awaited | null = null,
): Body {
  if (body.kind !== 'stream') {
    done(body.length > limit ? 'too large' : joined(body.kind === 'empty' ? [] : [body.bytes], body.length))
    return body
  }
  const main = new StreamBody(
    { pause: () => {}, resume: () => body.resume(), cancel: (reason) => giveUp(reason) },
    body.length,
  )
  const giveUp = (reason: Error): void => {
    copy.stop('broken')
    body.cancel(reason)
  }
  const copy = new Copy(limit, done)
  if (others !== null) others.hurry = () => body.resume()
  body.attach({
    write(chunk) {
      const keeps = copy.add(chunk)
      const room = main.push(chunk)
      return room || (keeps && others?.isAwaited === true)
    },
    end() {
      main.end()
      copy.end(body.length)
    },
    fail(error) {
      copy.stop('broken')
      main.fail(error)
    },
  })
  return main
}

/** Reads a body for its copy alone. */
export function drink(body: Body, limit: number, done: (collected: Collected) => void): void {
  const rest = collect(body, limit, done)
  if (rest.kind === 'stream') rest.attach({ write: () => true, end: () => {}, fail: () => {} })
}

/** Puts bytes that are there already in front of a body. */
export function preceded(start: Uint8Array, body: Body, length: number): StreamBody {
  const stream = body.kind === 'stream' ? body : null
  const whole = new StreamBody(
    { pause: () => {}, resume: () => stream?.resume(), cancel: (reason) => stream?.cancel(reason) },
    length,
  )
  whole.push(start)
  if (body.kind === 'bytes') whole.push(body.bytes)
  if (stream === null) whole.end()
  else
    stream.attach({
      write: (chunk) => whole.push(chunk),
      end: () => whole.end(),
      fail: (error) => whole.fail(error),
    })
  return whole
}

class Copy {
  readonly #limit: number
  readonly #done: (collected: Collected) => void
  #chunks: Uint8Array[] = []
  #size = 0
  #over = false

  constructor(limit: number, done: (collected: Collected) => void) {
    this.#limit = limit
    this.#done = done
  }

  /** Whether it still wants more. */
  add(chunk: Uint8Array): boolean {
    if (this.#over) return false
    this.#size += chunk.byteLength
    if (this.#size > this.#limit) this.stop('too large')
    else this.#chunks.push(chunk)
    return !this.#over
  }

  end(stated: number | undefined): void {
    if (stated !== undefined && stated !== this.#size) this.stop('broken')
    else this.stop(joined(this.#chunks, this.#size))
  }

  stop(collected: Collected): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#done(collected)
  }
}

/** In memory of its own: a slice would pin the connection's buffer behind it for as long as it is stored (H-182). */
function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
