import type { FilterStage } from '../../filter.js'
import type { Misfits } from '../../routing/misfits.js'
import type { ForwardVerdict, HandlerVerdict, Verdict } from '../../verdict.js'

/** What would become of a request. Plain data but for `toString`: `JSON.stringify` keeps all of it. */
export interface Explanation {
  readonly request: ExplainedRequest
  /** Canonical, below the base; `null` for a target that can't be made canonical, or is not below it. */
  readonly target: ExplainedTarget | null
  /** Who asks, after the walk past trusted proxies; `null` where it did not come to that. */
  readonly client: ExplainedClient | null
  /** Fields that nobody behind sees, and why. */
  readonly dropped: readonly { readonly name: string; readonly why: string }[]
  /** `null` for none that matches. */
  readonly route: { readonly path: string; readonly params: Readonly<Record<string, string>> } | null
  /** Why other routes do not match, the nearest first. */
  readonly otherRoutes: Misfits
  /** What the route's filters and its handler say; `null` without a route. */
  readonly chain: ExplainedChain | null
  readonly outcome: ExplainedOutcome
  /** The same for people. */
  toString(): string
}

/** The request that was asked about. */
export interface ExplainedRequest {
  readonly method: string
  /** As it came. */
  readonly url: string
  readonly httpVersion: string
  /** Where the adapter is mounted. */
  readonly base: string
  /** Protocol that it asks to switch to. */
  readonly upgrade: string | null
}

/** What it is for, in the form that routes match. */
export interface ExplainedTarget {
  readonly path: string
  readonly query: string
  /** Whether the path was written otherwise, base left aside. */
  readonly changed: boolean
}

/** Who asks, and by which name and port. */
export interface ExplainedClient {
  readonly address: string
  /** Address at the other end of the connection. */
  readonly peer: string
  readonly protocol: 'http' | 'https'
  readonly host: string | null
  readonly port: number
  /** Why this address, of those that there were. */
  readonly why: string
}

/** What stands on the way of a request, from the outside in. */
export interface ExplainedChain {
  readonly filters: readonly ExplainedFilter[]
  readonly handler: ExplainedHandler
}

/** What a filter would do; `unreached` behind one that denies or answers. */
export interface ExplainedFilter {
  readonly name: string
  readonly stage: FilterStage
  readonly verdict: Verdict['verdict'] | 'unreached'
  readonly why: string
  /** Of the reply with which it denies or answers; `null` where it does neither. */
  readonly status: number | null
  readonly about: 'request' | 'reply'
}

/** What a handler would do; `unreached` behind a filter that denies or answers. */
export interface ExplainedHandler {
  readonly name: string
  readonly verdict: HandlerVerdict['verdict'] | 'unreached'
  readonly why: string
  /** Of its reply; `null` where only asking would tell. */
  readonly status: number | null
  /** Where it would send the request, and as what; `null` where it forwards none. */
  readonly forward: ForwardVerdict | null
  /** Handlers that it goes on to. */
  readonly branches: readonly ExplainedBranch[]
}

/** One of the handlers that a handler may go on to. */
export interface ExplainedBranch {
  readonly name: string
  /** When it goes there. */
  readonly why: string
  readonly chain: ExplainedChain
}

/** What it comes to. */
export interface ExplainedOutcome {
  /**
   * `refused`: before any route was looked for; `unmatched`: 404 or 405, or the framework's own handlers, where the adapter falls through;
   * `open`: a handler that does not explain itself, or one of several branches.
   */
  readonly fate: 'refused' | 'unmatched' | 'denied' | 'answered' | 'forwarded' | 'handed over' | 'open'
  /** `null` where only asking would tell. */
  readonly status: number | null
  /** Filter or handler that decides. */
  readonly by: string
  readonly why: string
  /** Whether nothing on the way depends on what can't be known here. */
  readonly certain: boolean
}
