import type { Exchange } from '../../exchange.js'
import type { Reply } from '../../reply.js'
import type { Principal } from './principal.js'

/** One WWW-Authenticate value, or several, each a line of its own; `null` for a scheme that has none (RFC 9110 §11.6.1). */
export type Challenge = string | readonly string[] | null

/** What an authenticator found in a request. */
export type Authentication = Accepted | Absent | Rejected

export interface Accepted {
  readonly outcome: 'accepted'
  readonly principal: Principal
  /** Leaves what was found on an exchange: where it was foreseen, and not found by asking. */
  readonly note?: ((exchange: Exchange) => void) | undefined
  /** What to go on with, where finding out has changed it: a body that was read is bytes now. @default the exchange that was asked about */
  readonly exchange?: Exchange | undefined
}

/** There is no credential of its kind: somebody else may know the client. */
export interface Absent {
  readonly outcome: 'absent'
}

/** There is one, and it is not good. */
export interface Rejected {
  readonly outcome: 'rejected'
  /** For those who listen and for `explain`; never for the client, and never a value that it sent. */
  readonly why: string
  /** @default 401 */
  readonly status?: number | undefined
  /** In place of the authenticator's own; sent with any status. */
  readonly challenge?: Challenge | undefined
  /** In place of the denial: what forwardAuth was told to say. */
  readonly reply?: Reply | undefined
  /** As of who is accepted, for the next one of `anyOf`. Without it, a body that was read is gone, and nobody else is asked. */
  readonly exchange?: Exchange | undefined
}

/** What makes an authenticator. */
export interface AuthenticatorTraits {
  readonly filterName: string
  /** WWW-Authenticate of a 401. */
  readonly challenge: Challenge
  /** Of the denial where there is no credential: 403 for what no challenge can bring, as a certificate. @default 401 */
  readonly status?: number | undefined
  authenticate(exchange: Exchange): Authentication | Promise<Authentication>
  /** The exchange without the credential; the same one where there is nothing to take away. */
  strip(exchange: Exchange): Exchange
  start?(): Promise<void>
  close?(): Promise<void>
  /** The same without asking anybody, where `authenticate` asks or remembers. @default what `authenticate` says, which says so at once then */
  explain?(exchange: Exchange): Authentication | Unsure
}

/** What only asking, or work, would tell. */
export interface Unsure {
  readonly outcome: 'unsure'
  readonly why: string
  /** Does the work, where nobody needs to be asked: verifies a signature, hashes a password. */
  readonly workOut?: (() => Promise<Authentication | Unsure>) | undefined
}

export const ABSENT: Absent = Object.freeze({ outcome: 'absent' })

export function accepted(principal: Principal): Accepted {
  return { outcome: 'accepted', principal }
}

export function unsure(why: string, workOut?: Unsure['workOut']): Unsure {
  return { outcome: 'unsure', why, workOut }
}

export function rejected(why: string): Rejected {
  return { outcome: 'rejected', why }
}
