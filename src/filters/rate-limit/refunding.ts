import type { Exchange } from '../../exchange.js'
import type { Outcome } from '../../outcome.js'
import type { RateLimitOptions } from './rate-limit-options.js'
import type { Answered, Taking } from './taking.js'

/** Gives units back once it is known what became of a request. */
export class Refunding {
  readonly #failed: boolean
  readonly #successful: boolean
  readonly #wasSuccessful: (outcome: Outcome) => boolean
  readonly #taking: Taking

  constructor(options: RateLimitOptions, taking: Taking) {
    this.#failed = options.skipFailedRequests ?? false
    this.#successful = options.skipSuccessfulRequests ?? false
    this.#wasSuccessful = options.requestWasSuccessful ?? (({ status }) => status !== null && status < 400)
    this.#taking = taking
  }

  watch(exchange: Exchange, answers: readonly Answered[]): void {
    if (!this.#failed && !this.#successful) return
    exchange.onSettled((outcome) => {
      // Whoever leaves before the answer would ask for nothing otherwise (H-146).
      if (outcome.termination.who === 'client') return
      if (this.#wasSuccessful(outcome) ? this.#successful : this.#failed) this.#taking.give(answers)
    })
  }
}
