import type { Exchange } from '../../../exchange.js'

/** One rule at work on one body. */
export interface TextStage {
  /** Takes the next piece of the text; gives what of the outcome is settled. */
  push(text: string): string
  /** Gives the rest. */
  end(): string
}

/** Makes the text that takes a match's place. `match[0]` is what was found, the others are a regular expression's groups. */
export type TextReplacement = (match: readonly (string | undefined)[], exchange: Exchange) => string
