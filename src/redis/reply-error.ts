import { asError, errorCode } from '../errors.js'

/** What a Redis says that is up and can't do anything now. */
const NOT_NOW = /^(?:LOADING|MASTERDOWN|CLUSTERDOWN|BUSY)$/

/** The word that Redis's error replies begin with; `undefined` for what a client says by itself. */
export function replyWord(error: unknown): string | undefined {
  return /^([A-Z][A-Z0-9_]*) /.exec(asError(error).message)?.[1]
}

/** Whether an error says that nobody is there who could answer the next command. */
export function meansDown(error: unknown): boolean {
  const word = replyWord(error)
  return word === undefined || NOT_NOW.test(word)
}

/** An error's own words, or at least its code: that of a refused connection may have none. */
export function wordsOf(error: unknown): string {
  return asError(error).message || errorCode(error)
}
