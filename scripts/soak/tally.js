// What became of the requests. Whether a failure is one is judged later, when it is known which upstream was killed when.

const MOST_SUSPECTS = 20_000

/**
 * @typedef {object} Outcome
 * @property {'whole' | 'denied' | 'left' | 'let go' | 'broken' | 'unanswered' | 'wrong'} what
 *   `left`: the client went away by itself; `let go`: a WebSocket was told to go; `broken`: visibly, after its head had come;
 *   `unanswered`: neither reply nor deliberate refusal; `wrong`: another's reply or bytes, or one that only looks whole
 * @property {boolean} idempotent
 * @property {number} from milliseconds since 1970
 * @property {string | null} [upstream] who had answered
 * @property {string} [why]
 */

export class Tally {
  /** @type {Record<string, Record<string, number>>} */
  #counts = {}
  /** @type {object[]} */
  #suspects = []

  /** @param {string} kind @param {Outcome} outcome */
  add(kind, outcome) {
    this.#counts[kind] ??= {}
    const counts = this.#counts[kind]
    counts[outcome.what] = (counts[outcome.what] ?? 0) + 1
    if (['broken', 'unanswered', 'wrong'].includes(outcome.what) && this.#suspects.length < MOST_SUSPECTS)
      this.#suspects.push({ kind, ...outcome, to: Date.now() })
  }

  /** All counts so far, and the suspects since the last time. */
  figures() {
    return { counts: this.#counts, suspects: this.#suspects.splice(0) }
  }
}
