import type { Bytes } from '../../options.js'

/** What lines are written to: a file, a pipe, `process.stdout`, or a destination of pino's. */
export interface LogStream {
  /** Returns `false` when it wants no more before its `drain` event. */
  write(text: string, done?: (error?: Error | null) => void): boolean
  on(event: 'drain' | 'error' | 'close', listener: (error: Error) => void): unknown
  off(event: 'drain' | 'error' | 'close', listener: (error: Error) => void): unknown
  readonly destroyed?: boolean | undefined
  readonly writableEnded?: boolean | undefined
}

/**
 * Lines on their way to a stream. Those of one turn of the event loop go in one write; while the stream is slow they wait, up to `limit`
 * characters, and beyond that they are dropped. What the stream fails with goes no further than `report`.
 */
export class LineSink {
  /** Lines that were dropped so far. */
  dropped = 0
  readonly #stream: LogStream
  readonly #limit: Bytes
  readonly #report: (error: Error) => void
  #waiting = ''
  /** Lines in it. */
  #count = 0
  #scheduled = false
  #full = false
  #gone = false
  #dropping = false
  #underWay = 0
  #closed = false

  constructor(stream: LogStream, limit: Bytes, report: (error: Error) => void) {
    this.#stream = stream
    this.#limit = limit
    this.#report = report
    stream.on('drain', this.#onDrain)
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
  }

  write(line: string): void {
    if (this.#waiting.length + line.length >= this.#limit && !this.#full) this.#flush()
    if (this.#over || (this.#full && this.#waiting.length + line.length >= this.#limit)) return this.#lose(1)
    this.#waiting += `${line}\n`
    this.#count++
    if (this.#scheduled || this.#full) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  /** Hands on what waits, and lets go of the stream, which stays open. */
  close(): void {
    if (this.#closed) return
    this.#flush()
    this.#closed = true
    this.#stream.off('drain', this.#onDrain)
    this.#letGo()
  }

  get #over(): boolean {
    const { destroyed = false, writableEnded = false } = this.#stream
    return this.#closed || this.#gone || destroyed || writableEnded
  }

  #flush(): void {
    const text = this.#waiting
    const count = this.#count
    this.#waiting = ''
    this.#count = 0
    if (count === 0) return
    if (this.#over) return this.#lose(count)
    this.#underWay++
    try {
      this.#full = !this.#stream.write(text, this.#onWritten)
    } catch (error) {
      this.#underWay--
      this.dropped += count
      this.#report(error as Error)
    }
    if (!this.#full) this.#dropping = false
  }

  /** Tells once, until the stream takes lines again. */
  #lose(count: number): void {
    this.dropped += count
    if (this.#dropping || this.#closed) return
    this.#dropping = true
    this.#report(
      new Error(
        this.#over ? 'the stream has ended: records are dropped' : 'the stream is too slow: records are dropped',
      ),
    )
  }

  /** An error may come with the last write: nobody else may be there to hear it, and that would end the process. */
  #letGo(): void {
    if (this.#underWay > 0 && !this.#gone) return
    this.#stream.off('close', this.#onClose)
    setImmediate(() => this.#stream.off('error', this.#onError))
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false
    if (!this.#full) this.#flush()
  }

  readonly #onDrain = (): void => {
    this.#full = false
    this.#flush()
  }

  readonly #onWritten = (): void => {
    this.#underWay--
    if (this.#closed) this.#letGo()
  }

  readonly #onError = (error: Error): void => this.#report(error)

  readonly #onClose = (): void => {
    this.#gone = true
    this.#flush()
    if (this.#closed) this.#letGo()
  }
}
