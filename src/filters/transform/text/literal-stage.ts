import type { Exchange } from '../../../exchange.js'
import type { TextReplacement, TextStage } from './text-stage.js'

/**
 * Replaces a text wherever it stands, also across chunks: of what has come, only an end that may be the beginning of it is held back.
 */
export class LiteralStage implements TextStage {
  readonly #find: string
  readonly #replacement: TextReplacement
  readonly #exchange: Exchange
  readonly #once: boolean
  #done = false
  #held = ''

  constructor(find: string, replacement: TextReplacement, once: boolean, exchange: Exchange) {
    this.#find = find
    this.#replacement = replacement
    this.#once = once
    this.#exchange = exchange
  }

  push(text: string): string {
    const all = this.#held + text
    const find = this.#find
    this.#held = ''
    let out = ''
    let at = 0
    while (!this.#done) {
      const found = all.indexOf(find, at)
      if (found === -1) {
        const end = all.length - overlap(all, at, find)
        this.#held = all.slice(end)
        return out + all.slice(at, end)
      }
      out += all.slice(at, found) + this.#replacement([find], this.#exchange)
      at = found + find.length
      this.#done = this.#once
    }
    return out + all.slice(at)
  }

  end(): string {
    return this.#held
  }
}

/** How long the longest end of a text, from a place on, is that `find` begins with. */
function overlap(text: string, from: number, find: string): number {
  for (let length = Math.min(find.length - 1, text.length - from); length > 0; length--)
    if (find.startsWith(text.slice(text.length - length))) return length
  return 0
}
