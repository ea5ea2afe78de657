import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import { type Check, optionError } from '../../options.js'
import type { Challenge } from './authentication.js'

const KEY: StateKey<readonly string[]> = stateKey('challenges')
const NONE: readonly string[] = Object.freeze([])

/** The lines of a challenge. */
export function linesOf(challenge: Challenge): readonly string[] {
  if (challenge === null) return NONE
  return typeof challenge === 'string' ? [challenge] : challenge
}

/** The field of a denial that has these lines. */
export function challenged(lines: readonly string[]): Readonly<Record<string, string | readonly string[]>> {
  if (lines.length === 0) return {}
  return { 'www-authenticate': lines.length === 1 ? lines[0]! : lines }
}

/** Challenges of the authenticator that knew who asks, or of all that let pass whom they did not know. */
export function challengesOf(exchange: Exchange): readonly string[] {
  return exchange.get(KEY) ?? NONE
}

/** Notes them for {@link authorize}, which answers further in. */
export function noteChallenges(exchange: Exchange, lines: readonly string[]): void {
  exchange.set(KEY, lines)
}

/** A challenge of one scheme and its realm, which is quoted (RFC 9110 §5.6.4) and never made of what a client sent. */
export function realmChallenge(scheme: string, realm: string): string {
  return `${scheme} realm="${realm.replace(/["\\]/g, '\\$&')}"`
}

/** A scheme (RFC 9110 §11.1), as factories take one. */
export const isScheme: Check = (value) =>
  typeof value === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? undefined : 'a scheme, as "Bearer"'

/** A realm, as factories take one. */
export const isRealm: Check = (value) =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? undefined : 'a text of printable ASCII'

const LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: [\x20-\x7e\x80-\xff]+)?$/

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what can't stand in a field. */
export function checkChallenge(factory: string, challenge: Challenge | undefined): void {
  if (challenge === undefined || challenge === null) return
  const lines: readonly unknown[] = [challenge].flat()
  if (!lines.every((line) => typeof line === 'string' && LINE.test(line)))
    throw optionError(factory, 'challenge', challenge, 'a scheme with its parameters, several, or null')
}
