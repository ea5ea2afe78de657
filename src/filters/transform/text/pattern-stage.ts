import type { Exchange } from '../../../exchange.js'
import type { TextReplacement, TextStage } from './text-stage.js'

/**
 * Replaces what a regular expression matches, up to `maxLength` characters each. It is looked for in windows of twice that length, which lie
 * where the text and the matches put them: what is found does not depend on where chunks end, and costs no more than the
 * window times the text. Each window begins one character early, for `\b` and `^`.
 */
export class PatternStage implements TextStage {
  readonly #regex: RegExp
  readonly #maxLength: number
  readonly #replacement: TextReplacement
  readonly #exchange: Exchange
  readonly #once: boolean
  #done = false
  #text = ''
  /** Where in the text what is undecided begins. */
  #from = 0

  /** @param regex With the flag `g`. */
  constructor(regex: RegExp, maxLength: number, replacement: TextReplacement, once: boolean, exchange: Exchange) {
    this.#regex = regex
    this.#maxLength = maxLength
    this.#replacement = replacement
    this.#once = once
    this.#exchange = exchange
  }

  push(text: string): string {
    this.#text += text
    return this.#decide(false)
  }

  end(): string {
    return this.#decide(true)
  }

  #decide(ended: boolean): string {
    const text = this.#text
    const width = this.#maxLength
    let out = ''
    let at = this.#from
    while (!this.#done && (at + 2 * width <= text.length || (ended && at < text.length))) {
      const isLast = ended && at + 2 * width >= text.length
      const start = Math.max(0, at - 1)
      const match = this.#find(text.slice(start, at + 2 * width), at - start)
      const index = match === null ? -1 : start + match.index
      if (match !== null && (isLast || index < at + width)) {
        out += text.slice(at, index) + this.#replacement(match, this.#exchange)
        at = index + match[0].length
        this.#done = this.#once
      } else {
        const end = isLast ? text.length : boundary(text, at + width)
        out += text.slice(at, end)
        at = end
      }
    }
    if (this.#done || ended) {
      this.#text = ''
      this.#from = 0
      return out + text.slice(at)
    }
    this.#text = text.slice(Math.max(0, at - 1))
    this.#from = Math.min(1, at)
    return out
  }

  /** The first match from a place on that is neither empty nor too long. */
  #find(window: string, from: number): RegExpExecArray | null {
    const regex = this.#regex
    for (let next = from; next <= window.length; ) {
      regex.lastIndex = next
      const match = regex.exec(window)
      if (match === null) return null
      const { length } = match[0]
      if (length > 0 && length <= this.#maxLength) return match
      // By whole characters: a `u` regex that begins within one steps back.
      next = match.index + ((window.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1)
    }
    return null
  }
}

/** A place, or the one before it where it lies within a character. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}
