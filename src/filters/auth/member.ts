import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Absent, Accepted, Rejected } from './authentication.js'

/** An authenticator as its own filter, and a combination that it is part of, use it: with its options applied. */
export interface Member {
  readonly filterName: string
  readonly challenges: readonly string[]
  /** Of the denial where there is no credential. */
  readonly status: number
  /** Whether it lets pass who shows no credential. */
  readonly optional: boolean
  /** Names of the fields it writes. */
  readonly identityHeaders: readonly string[]
  readonly events: EventHub | undefined
  /** Whether it needs nobody to be known on this path. */
  skips(exchange: Exchange): boolean
  /** `passed` where it skips. */
  find(exchange: Exchange): Finding | Promise<Finding>
  /** The exchange without the credential, unless that is to be kept. */
  strip(exchange: Exchange): Exchange
  /** The same, with the identity fields of whom it accepted; `null` if these can't be written. */
  admit(exchange: Exchange, found: Admitted): Exchange | null
  /** What `find` would say, without asking anybody and without a trace. */
  explain(exchange: Exchange): Foreseen
  start(): Promise<void>
  close(): Promise<void>
}

/** What a member says; `passed`: nobody needs to be known here. */
export type Finding = Admitted | Unknown | Rejected | Passed

/** A finding, as far as it can be told. */
export type Foreseen = Finding | UnsureFinding

export interface UnsureFinding {
  readonly outcome: 'unsure'
  readonly why: string
  readonly workOut?: (() => Promise<Foreseen>) | undefined
}

export interface Admitted extends Accepted {
  /** Of a combination: who of it accepted. */
  readonly by?: readonly Part[] | undefined
}

/** Of a combination: with the challenge and status of who missed a credential. */
export type Unknown = Absent & Pick<Rejected, 'challenge' | 'status'>

export interface Part {
  readonly member: Member
  readonly found: Admitted
}

export interface Passed {
  readonly outcome: 'passed'
}

export const PASSED: Passed = Object.freeze({ outcome: 'passed' })

/** Who accepted in the end, within combinations: of `allOf` the last. */
export function acceptedBy(member: Member, found: Admitted): Member {
  const last = found.by?.at(-1)
  return last === undefined ? member : acceptedBy(last.member, last.found)
}
