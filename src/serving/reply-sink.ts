import type { BodySink } from '../body.js'
import { EdgeError } from '../errors.js'
import type { OutcomeBuilder } from '../outcome.js'

/** What a reply's body is written to, and how that ends well or badly. */
export interface ReplyOutlet {
  /** False when the client has no room for more. */
  write(chunk: Uint8Array): boolean
  end(): void
  breakOff(): void
}

/** Takes a stream body on its way to the client, and keeps its accounts. */
export class ReplySink implements BodySink {
  readonly #outlet: ReplyOutlet
  readonly #outcome: OutcomeBuilder

  constructor(outlet: ReplyOutlet, outcome: OutcomeBuilder) {
    this.#outlet = outlet
    this.#outcome = outcome
  }

  write(chunk: Uint8Array): boolean {
    this.#outcome.bytesOut += chunk.byteLength
    return this.#outlet.write(chunk)
  }

  end(): void {
    this.#outlet.end()
  }

  fail(error: Error): void {
    if (this.#outcome.error === null && error instanceof EdgeError) {
      this.#outcome.error = error
      this.#outcome.who = error.source
    }
    this.#outlet.breakOff()
  }
}
